import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { below, type Found, isGone } from '../support/descendants.ts';
import { inNetns, netPlan } from '../support/netns.ts';
import { folderWith } from '../support/temp.ts';
import { ended, idOnceSaid, type Machine, resultOf, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

const stay = 'say("here"); await new Promise(() => setInterval(() => {}, 1000));';

async function hanging(machine: Machine) {
  const run = startTg(machine, inNetns(await netPlan(stay), 2, '--run-cfg', 'engine=user'));
  const runId = await idOnceSaid(run, 'single[000] >> here', 'single[001] >> here');
  return { run, runId, processes: below([run.pid ?? 0]) };
}

const named = (all: readonly Found[], word: string) =>
  all.find(({ title }) => title.includes(word))?.pid ?? 0;

describe('after a run of local:netns', { tags: ['networks'] }, () => {
  test('nothing is left, and the host has not seen its networks', async () => {
    const seen = () => execFileSync('cat', ['/proc/net/dev'], { encoding: 'utf8' }).match(/^ *[\w-]+:/gm);
    const before = seen();
    const { run, processes } = await hanging(await someMachine());
    expect(seen()).toEqual(before);
    expect(named(processes, 'tg-switch')).not.toBe(0);
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
    await until(() => processes.every(({ pid }) => isGone(pid)));
    expect(seen()).toEqual(before);
  });

  test('that was killed, nothing is left', async () => {
    const { run, processes } = await hanging(await someMachine());
    expect(processes.length).toBeGreaterThanOrEqual(4);
    run.kill('SIGKILL');
    await run;
    await until(() => processes.every(({ pid }) => isGone(pid)));
  });

  test('whose tg was killed while the networks were being made, nothing is left', async () => {
    const machine = await someMachine();
    // An unshare that takes its time.
    const bin = await folderWith({
      unshare: '#!/bin/sh\necho $$ >"$0.pid"\nsleep 1\nexec /usr/bin/unshare "$@"\n',
    });
    await chmod(join(bin, 'unshare'), 0o755);
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    const run = startTg({ ...machine, env: { ...machine.env, ...env } }, inNetns(await netPlan(stay), 1));
    const pid = () => Number(readFileSync(join(bin, 'unshare.pid'), 'utf8'));
    await until(() => existsSync(join(bin, 'unshare.pid')) && pid() > 0);
    // So it does not take the sockets that it is sent.
    run.kill('SIGSTOP');
    await until(() => readFileSync(`/proc/${pid()}/cmdline`, 'utf8').startsWith('tg-launcher'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.kill('SIGKILL');
    await run;
    await until(() => isGone(pid()));
  });

  test.concurrent.each([
    ['tg-switch', 'has lost what it needs: the switch has not answered for 10 s'],
    ['tg-launcher', 'has not answered a request for 15 s'],
  ])('whose %s no longer answers, nothing is left, and the verdict says so', async (word, why) => {
    const machine = await someMachine();
    const { run, runId, processes } = await hanging(machine);
    process.kill(named(processes, word), 'SIGSTOP');
    const { code, stdout } = ended(await run);
    expect(code).toBe(5);
    expect(stdout).toContain(why);
    expect((await resultOf(machine, runId)).outcome).not.toBe('success');
    await until(() => processes.every((each) => isGone(each.pid)));
  });

  test.each([
    ['tg-switch', 'has lost its switch, which has ended (SIGKILL)'],
    ['tg-launcher', 'has ended (SIGKILL)'],
  ])('whose %s was killed, nothing is left, and the verdict says what was lost', async (word, why) => {
    const machine = await someMachine();
    const { run, runId, processes } = await hanging(machine);
    const pid = named(processes, word);
    expect(pid).not.toBe(0);
    process.kill(pid, 'SIGKILL');
    const { code, stdout } = ended(await run);
    expect(code).not.toBe(0);
    expect(stdout).toContain(why);
    expect((await resultOf(machine, runId)).outcome).not.toBe('success');
    await until(() => processes.every((each) => isGone(each.pid)));
  });
});

test('tg healthcheck says whether networks can be made', { tags: ['networks'] }, async () => {
  const { code, stdout } = await tg(await someMachine(), ['healthcheck', '--runner', 'local:netns']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('networks of their own for instances: ok')]);
  expect(stdout).toMatch(/the outside for instances: (ok|missing)/);
});
