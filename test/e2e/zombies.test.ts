import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { endLeftovers, processesWith } from '../../src/os/leftovers.ts';
import { isZombie, statOf } from '../../src/os/proc.ts';
import { lives, processIdOf } from '../../src/os/process-id.ts';
import { describeWith } from '../support/needs.ts';
import { pidNamespaceWay } from '../support/parts.ts';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { type Ended, ended, type Machine, root, single, someMachine } from '../support/tg.ts';

/** Resolves when the first thread of a process has ended. */
async function untilZombie(pid: number): Promise<void> {
  for (let stat = statOf(pid); stat?.state !== 'Z'; stat = statOf(pid)) {
    if (stat === undefined) throw new Error('somebody has asked how it ended');
    await nextTurn();
  }
}

/** A process that has ended, and whose parent does not wait for it. */
async function someZombie(variable: string): Promise<number> {
  const [, value = ''] = variable.split('=');
  // exec replaces the shell with a program that waits for no child.
  const parent = execa('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 600'], {
    env: { ZOMBIE: value },
    reject: false,
    buffer: false,
  });
  onTestFinished(async () => {
    parent.kill('SIGKILL');
    await parent;
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const pid = Number(line);
  await untilZombie(pid);
  return pid;
}

test('a zombie does not count as alive, nor as a leftover to end', { tags: ['linux'] }, async () => {
  const variable = `ZOMBIE=${process.pid}-${performance.now()}`;
  const pid = await someZombie(variable);
  const stat = statOf(pid);
  expect(stat && isZombie(stat)).toBe(true);
  expect(lives(processIdOf(pid))).toBe(false);
  const found = await processesWith(variable);
  // The one process found is the parent, which has the variable and runs.
  expect(found).toHaveLength(1);
  expect(found).not.toContain(pid);
  expect(await endLeftovers(variable)).toBe(1);
});

describeWith('cc', 'a process whose first thread has ended while others run', () => {
  test('counts as alive although its state is zombie, and is ended as a leftover', async () => {
    const dir = await folderWith({
      'a.c': `
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *stay(void *nothing) { sleep(600); return nothing; }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, stay, 0);
  puts("there");
  fflush(stdout);
  pthread_exit(0);
}`,
    });
    spawnSync('cc', ['-o', join(dir, 'a'), join(dir, 'a.c'), '-lpthread']);
    const variable = `HEADLESS=${process.pid}-${performance.now()}`;
    const child = execa(join(dir, 'a'), { env: { HEADLESS: variable.split('=')[1] }, reject: false });
    const { pid = 0 } = child;
    await untilZombie(pid);
    expect(lives(processIdOf(pid))).toBe(true);
    expect(await processesWith(variable)).toEqual([pid]);
    expect(await endLeftovers(variable)).toBe(1);
    expect((await child).signal).toBe('SIGKILL');
  });
});

/** Runs tg as process 1 of a PID namespace, as in a container. */
async function asFirstProcess(machine: Machine, args: readonly string[]): Promise<Ended> {
  const tgCommand = [process.execPath, join(root, 'bin', 'tg.js')];
  const { env, cwd } = machine;
  return ended(
    await execa('unshare', [...(pidNamespaceWay() ?? []), ...tgCommand, ...args], {
      ...{ cwd, env, extendEnv: false, reject: false },
    }),
  );
}

describeWith('pidNamespace', 'tg as process 1 of a container', () => {
  test('says in tg healthcheck that orphans stay zombies, and what to do', async () => {
    const { stdout } = await asFirstProcess(await someMachine(), ['healthcheck']);
    expect(stdout).toMatch(/- orphans: missing; tg is process 1 here: .*docker run --init\n/);
  });

  test('passes a run although its orphans stay zombies, and ends the processes left behind', async () => {
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       import { readFileSync } from 'node:fs';
       import { text } from 'node:stream/consumers';
       // It ends after its parent: a shell would wait for it otherwise.
       const orphan = "parent=$$; (while kill -0 $parent 2>/dev/null; do :; done) & echo $!; setsid sleep 600 >/dev/null & echo $!; exit 0";
       const stay = spawn('sh', ['-c', orphan], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
       // Its own: that of another instance does not say that it has ended.
       const [pid, sleeper] = (await text(stay.stdout)).split('\\n');
       const fields = (of) => readFileSync('/proc/' + of + '/stat', 'latin1').split(') ')[1].split(' ');
       while (fields(pid).slice(0, 2).join(' ') !== 'Z 1') await new Promise(setImmediate);
       // Before it has a session of its own, it would be ended with the instance.
       while (fields(sleeper)[3] !== sleeper) await new Promise(setImmediate);
       console.log('an orphan is a zombie of process 1');`,
    );
    const run = await asFirstProcess(await someMachine(), single(plan, '-i', '3', '--timeout', '60s'));
    expect(run.stdout).toContain('an orphan is a zombie of process 1');
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('3 instances: 3 success')]);
    expect(run.stdout).toMatch(/ended 3 processes that instances had left behind/);
  });
});
