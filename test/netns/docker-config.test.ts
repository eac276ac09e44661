import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { below } from '../support/descendants.ts';
import { inNetns, netPlan } from '../support/netns.ts';
import { withOutside } from '../support/outside.ts';
import { anotherUser } from '../support/parts.ts';
import { tempDir } from '../support/temp.ts';
import { ended, idOnceSaid, single, someMachine, startTg, tg } from '../support/tg.ts';
import { giveAway } from '../support/unprivileged.ts';

describe('exposed_ports', { tags: ['networks'] }, () => {
  test('are the numbers that are named, the same in every instance, and reached from others', async () => {
    const plan = await netPlan(`
      const { HTTP_PORT: port } = process.env;
      const server = net.createServer().listen(Number(port), '0.0.0.0');
      await sync.publish('addresses', addresses()[0].split('/')[0]);
      await all();
      const answers = [];
      for await (const address of sync.subscribe('addresses'))
        if (answers.push(await connect(address, port)) === total) break;
      await all();
      server.close();
      say('at', port, answers);
    `);
    const file = join(dirname(plan), 'c.toml');
    await writeFile(
      file,
      `[global]
plan = ${JSON.stringify(plan)}
case = "t"
runner = "local:netns"
[global.run_config.exposed_ports]
http = "80"
[[groups]]
id = "g"
instances = { count = 3 }
`,
    );
    const { code, stdout } = await tg(await someMachine(), ['run', 'composition', '-f', file]);
    expect(code, stdout).toBe(0);
    expect(stdout.match(/>> at 80 \["connected","connected","connected"\]/g)).toHaveLength(3);
  });

  test('are reached from this machine by tg net shell', async () => {
    const machine = await someMachine();
    const plan = await netPlan(`
      const { createServer } = await import('node:http');
      createServer((_, answer) => answer.end('hello')).listen(Number(process.env.HTTP_PORT), () => say('listens'));
      await new Promise(() => {});
    `);
    const run = startTg(machine, inNetns(plan, 1, '--run-cfg', 'exposed_ports=http'));
    const runId = await idOnceSaid(run, '>> listens');
    const ask = `fetch('http://127.0.0.1:20000').then((answer) => answer.text()).then(console.log)`;
    const seen = await tg(machine, ['net', 'shell', runId, 'single[0]', '--', process.execPath, '-e', ask]);
    expect(seen).toMatchObject({ code: 0, stdout: 'hello\n' });
    run.kill('SIGINT');
    await run;
  });
});

/** Fetches a page from an additional host, and tries to reach others. */
const fetchFromHost = `
  const { get } = await import('node:http');
  const page = (url) => new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (answer) => answer.on('data', (data) => resolve(String(data))));
    request.on('error', ({ code }) => resolve(code)).on('timeout', () => resolve('timeout'));
  });
  say('hosts', process.env.ADDITIONAL_HOSTS);
  await ask({ routingPolicy: 'deny_all', rules: [{ subnet: '16.0.0.0/16', filter: 1 }] });
  say('found', await page('http://http-echo/'));
  say('others', await page('http://example.test/'), await page('http://203.0.113.2/'));
`;

describe('additional_hosts', { tags: ['networks', 'uplink'] }, () => {
  test('are reached by name, and nothing else outside is, from every source of configuration', async () => {
    const section = '[runners."local:docker"]\nadditional_hosts = ["http-echo"]\n';
    const plain = await netPlan(fetchFromHost);
    const configured = await netPlan(fetchFromHost, { manifest: section });
    const asDocker = (plan: string, ...more: readonly string[]) =>
      inNetns(plan, 2, '--runner', 'local:docker', ...more);
    const composition = `[global]
plan = ${JSON.stringify(plain)}
case = "t"
runner = "local:docker"
[global.run_config]
additional_hosts = ["http-echo"]
[[groups]]
id = "single"
instances = { count = 2 }
`;
    const sources = [
      { args: ['run', 'composition', '-f', 'c.toml'], home: '' },
      { args: asDocker(plain, '--run-cfg', 'additional_hosts=http-echo'), home: '' },
      { args: asDocker(configured), home: '' },
      { args: asDocker(plain), home: section },
    ];
    for (const { args, home } of sources) {
      const machine = await someMachine();
      await mkdir(machine.home);
      await writeFile(join(machine.home, '.env.toml'), home);
      await writeFile(join(machine.cwd, 'c.toml'), composition);
      const { code, stdout } = ended(await startTg(machine, args, 'tg', await withOutside()));
      expect(code, stdout).toBe(0);
      for (const text of ['hosts http-echo', 'found hello from outside', 'others EAI_AGAIN ENETUNREACH'])
        expect(stdout.split(`>> ${text}\n`), stdout).toHaveLength(3);
    }
  });

  test('are reached by a user who is not root', { tags: ['setpriv', 'userNamespace'] }, async () => {
    const machine = await someMachine();
    const plan = await netPlan(fetchFromHost);
    await giveAway(dirname(machine.cwd), plan);
    const args = inNetns(plan, 1, '--run-cfg', 'additional_hosts=http-echo');
    const asAnother = [...(await withOutside()), 'setpriv', ...anotherUser];
    const { code, stdout } = ended(await startTg(machine, args, 'tg', asAnother));
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('>> found hello from outside\n');
  });

  test('open no other way, not even for raw sockets: the network of the run forwards to them only', async () => {
    const plan = await netPlan('say("is there"); await new Promise(() => setInterval(() => {}, 1000));');
    const args = inNetns(plan, 1, '--run-cfg', 'additional_hosts=http-echo');
    const run = startTg(await someMachine(), args, 'tg', await withOutside());
    const runId = await idOnceSaid(run, '>> is there');
    const processes = below([run.pid ?? 0]);
    const holder = processes.find(({ title }) => title.startsWith(`tg-launcher ${runId}`));
    const route = async (to: string) => {
      const inHolder = ['-t', String(holder?.pid), '--net', 'ip', 'route', 'get', to];
      return (await execa('nsenter', inHolder, { reject: false, all: true })).all;
    };
    expect(await route('203.0.113.1')).toContain('203.0.113.1 via 192.16.0.2 dev up0');
    expect(await route('203.0.113.2')).toContain('Permission denied');
    process.kill(processes.find(({ title }) => title.includes('bin/tg.js run'))?.pid ?? 0, 'SIGINT');
    expect(ended(await run).code).toBe(130);
  });
});

describe('an additional host that cannot be reached', { tags: ['networks'] }, () => {
  const says = 'say("hosts", process.env.ADDITIONAL_HOSTS);';

  test.each([
    ['no-such-host.invalid', /WARN\tinstances do not reach the additional host no-such-host\.invalid: /],
    ['localhost', /WARN\t.*additional host localhost: 127\.0\.0\.1 is the loopback of this machine/],
    ['16.0.0.9', /WARN\t.*its address 16\.0\.0\.9 is in a network that every run has for itself/],
    ['a:80', /WARN\t.*additional_hosts: "a:80" is not the name of a host; not applied/],
  ])('is a warning: %s', async (host, warning) => {
    const plan = await netPlan(says);
    const run = await tg(await someMachine(), inNetns(plan, 1, '--run-cfg', `additional_hosts=${host}`));
    expect([run.code, run.stdout]).toEqual([0, expect.stringMatching(warning)]);
  });

  test('is a warning where no program opens the way, and again if an instance fails', async () => {
    const bin = await tempDir();
    await symlink('/usr/bin/unshare', join(bin, 'unshare'));
    await symlink(process.execPath, join(bin, 'node'));
    const plan = await netPlan('throw new Error("cannot fetch")');
    const args = inNetns(plan, 1, '--builder', 'exec:node', '--run-cfg', 'additional_hosts=203.0.113.9');
    const { code, stdout } = await tg(await someMachine({ PATH: bin }), args);
    const why = 'instances do not reach the additional hosts 203.0.113.9: slirp4netns is not installed';
    expect([code, stdout]).toEqual([1, expect.stringContaining(`WARN\t${why}`)]);
    expect(stdout).toContain(`possible cause of failure: ${why}`);
  });
});

test('additional_hosts are in the environment of local:exec, too', async () => {
  const plan = await netPlan('say("hosts", process.env.ADDITIONAL_HOSTS);');
  const args = single(plan, '--runner', 'local:exec', '--run-cfg', 'additional_hosts=one, two');
  const { code, stdout } = await tg(await someMachine(), args);
  expect([code, stdout]).toEqual([0, expect.stringContaining('>> hosts one,two\n')]);
});
