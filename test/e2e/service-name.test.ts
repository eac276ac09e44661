import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { namespaceWay } from '../support/parts.ts';
import { folderWith } from '../support/temp.ts';
import { ended, instanceFile, root, single, someMachine, tg } from '../support/tg.ts';

/** A plan that dials the sync service by its host name and ignores its environment, as the Rust crate does. */
function dialingPlan(): Promise<string> {
  return folderWith({
    'manifest.toml': `name = "p"
[builders."exec:generic"]
run = "${process.execPath} main.mjs"
sync_by_name = true
[[testcases]]
name = "t"
instances = { min = 1, max = 50, default = 1 }
`,
    'main.mjs': `import { lookup } from 'node:dns/promises';
      const { address } = await lookup('testground-sync-service');
      const { status } = await fetch('http://testground-sync-service:5050/nothing');
      const { status: localhost } = await fetch('http://localhost:' + process.env.SYNC_SERVICE_PORT + '/').catch(() => ({ status: 'refused' }));
      console.log([address, process.env.SYNC_SERVICE_HOST, status, localhost, process.env.HOSTNAME].join(' '));`,
  });
}

describeWith('namespace', 'a plan that dials testground-sync-service:5050', () => {
  test('reaches an endpoint at an address of its own in each instance, and /etc/hosts stays unchanged', async () => {
    const hosts = await readFile('/etc/hosts', 'utf8');
    const machine = await someMachine();
    const plan = await dialingPlan();
    const [one, other] = await Promise.all([
      tg(machine, single(plan, '-i', '5')),
      tg(machine, single(plan, '-i', '5')),
    ]);
    expect([one.code, other.code, one.stderr + other.stderr]).toEqual([0, 0, '']);
    const addresses = new Set<string>();
    for (const { runId } of [one, other]) {
      for (let index = 0; index < 5; index++) {
        const said = await instanceFile(machine, runId, index, 'run.out');
        const [address = '', host, status, , name] = said.trim().split(' ');
        expect([host, status, name]).toEqual([address, '404', `${runId}-single-${index}`]);
        addresses.add(address);
      }
    }
    expect(addresses.size).toBe(10);
    expect(await readFile('/etc/hosts', 'utf8')).toBe(hosts);
  });

  test('does not begin if the name cannot be made to resolve: exit 5, why, and what to do', async () => {
    const machine = await someMachine({ PATH: '/nowhere' });
    const { code, stdout, stderr } = await tg(machine, single(await dialingPlan()));
    expect(code).toBe(5);
    expect(stdout).not.toContain('single[000]');
    expect(stderr).toMatch(
      /the plan dials testground-sync-service:5050, and that name does not resolve here/,
    );
    expect(stderr).toMatch(/unshare -m: .*ENOENT/);
    expect(stderr).toMatch(/Add the line "127\.0\.0\.1 testground-sync-service" to \/etc\/hosts/);
  });

  test('is not refused if the machine resolves the name already', async () => {
    const machine = await someMachine({ PATH: '/nowhere' });
    const hosts = join(
      await folderWith({ hosts: '127.0.0.1 localhost\n127.77.66.55 testground-sync-service\n' }),
      'hosts',
    );
    const inside = `mount --bind ${hosts} /etc/hosts && PATH=/nowhere exec "$@"`;
    const run = await execa(
      'unshare',
      [
        ...(namespaceWay() ?? []),
        ...['/bin/sh', '-c', inside, 'sh', process.execPath, join(root, 'bin', 'tg.js')],
        ...single(await dialingPlan(), '-i', '2'),
      ],
      {
        cwd: machine.cwd,
        env: { ...machine.env, PATH: process.env['PATH'] },
        extendEnv: false,
        reject: false,
      },
    );
    const { code, runId, all } = ended(run);
    // The run fails only later, as PATH has no mkfifo for the pipes of exec:generic.
    expect(all).not.toContain('that name does not resolve here');
    expect([code, all]).toEqual([1, expect.stringContaining('mkfifo')]);
    expect(runId).not.toBe('');
  });

  test('makes tg healthcheck say what to do in a chroot, where no hosts file can be mounted', async () => {
    const machine = await someMachine();
    const chroot = join(machine.cwd, 'root');
    // The root of the chroot is no mount point, so mounts in it cannot be made private.
    const script = `
      for dir in /*; do
        if [ -L "$dir" ]; then cp -a "$dir" "${chroot}$dir"
        elif [ -d "$dir" ]; then mkdir -p "${chroot}$dir" && mount --rbind "$dir" "${chroot}$dir"; fi
      done
      exec chroot ${chroot} "$@"`;
    await mkdir(chroot);
    const { stdout } = await execa(
      'unshare',
      [
        ...(namespaceWay() ?? []),
        ...['/bin/sh', '-c', script, 'sh', process.execPath, join(root, 'bin', 'tg.js'), 'healthcheck'],
      ],
      { cwd: '/', env: machine.env, extendEnv: false, reject: false },
    );
    expect(stdout).toMatch(
      /- service-name: (ok; .* because this machine resolves the name|missing; .*that name does not resolve here\. Add the line "127\.0\.0\.1 testground-sync-service" to \/etc\/hosts, .*)\n/,
    );
  });
});
