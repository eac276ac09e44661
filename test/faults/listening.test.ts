import { statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fault } from '../support/faults.ts';
import { listeningOf } from '../support/listening.ts';
import { planWith } from '../support/plans.ts';
import { idOnceSaid, onceSaid, single, someMachine, startTg, tg } from '../support/tg.ts';

const onLoopback = /^127\.\d+\.\d+\.\d+:\d+$/;

describe.concurrent('servers', { tags: ['linux'] }, () => {
  test('of a run listen on loopback only, each on its own port, and end with the run', async () => {
    const run = startTg(await someMachine(), fault('stays', '-i', '3'));
    await idOnceSaid(run, ...[0, 1, 2].map((index) => `single[00${index}] >> I stay`));
    const addresses = listeningOf(run.pid ?? 0);
    // At least one for each instance.
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    expect(addresses.filter((address) => !onLoopback.test(address))).toEqual([]);
    expect(new Set(addresses).size).toBe(addresses.length);
    run.kill('SIGINT');
    await run;
    for (const address of addresses) await expect(fetch(`http://${address}`)).rejects.toThrow('fetch failed');
  });

  test.each([
    [[], onLoopback],
    [['--host', '0.0.0.0'], /^0\.0\.0\.0:\d+$/],
  ])('of tg sync-service listen beyond loopback only with --host: %j', async (flags, address) => {
    const service = startTg(await someMachine(), ['sync-service', '--port', '0', ...flags]);
    await onceSaid(service, 'REDIS_PORT');
    expect(listeningOf(service.pid ?? 0)).toEqual([expect.stringMatching(address)]);
    service.kill('SIGTERM');
    await service;
  });

  test.each([
    [':0', onLoopback],
    ['0.0.0.0:0', /^0\.0\.0\.0:\d+$/],
  ])('of tg daemon listen beyond loopback only if [daemon] listen says so: %s', async (listen, address) => {
    const machine = await someMachine();
    await mkdir(machine.home);
    await writeFile(join(machine.home, '.env.toml'), `[daemon]\nlisten = "${listen}"\n`);
    const daemon = startTg(machine, ['daemon']);
    await onceSaid(daemon, 'Listening');
    expect(listeningOf(daemon.pid ?? 0)).toEqual([expect.stringMatching(address)]);
    daemon.kill('SIGTERM');
    await daemon;
  });

  test('of tg report --watch listen on loopback; a file that only its owner can read takes the browser there', async ({
    expect,
  }) => {
    const machine = await someMachine();
    const { cwd, env } = machine;
    await writeFile(join(cwd, 'xdg-open'), `#!/bin/sh\necho "$1" > opened.part; mv opened.part opened\n`, {
      mode: 0o755,
    });
    const there = { ...machine, env: { ...env, PATH: `${cwd}:${env['PATH']}` } };
    await tg(there, single(await planWith('')));
    const watch = startTg(there, ['report', '--watch', '--open']);
    const said = await onceSaid(watch, 'Ctrl-C');
    const [address = ''] = listeningOf(watch.pid ?? 0);
    expect(address).toMatch(onLoopback);
    const opened = async () => (await readFile(join(cwd, 'opened'), 'utf8').catch(() => '')).trim();
    await expect.poll(opened).not.toBe('');
    const file = await opened();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(/http:\S+/.exec(said)?.[0]);
    watch.kill('SIGINT');
    await watch;
  });
});
