import { spawn } from 'node:child_process';
import { open, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { isGone } from '../support/descendants.ts';
import { describeWith } from '../support/needs.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import {
  ended,
  idOnceSaid,
  instanceFile,
  onceSaid,
  processesOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { until } from '../support/until.ts';

describe.concurrent('after a run', () => {
  test('no grandchild is left, nor an instance that ignores SIGTERM at the timeout', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       spawn('sleep', ['600'], { stdio: 'ignore' });
       if (process.env.TEST_OUTPUTS_PATH.endsWith('0')) process.exit(0);
       process.on('SIGTERM', () => console.log('no'));
       setInterval(() => {}, 1000);`,
    );
    const run = await tg(machine, single(plan, '-i', '2', '--timeout', '10s'));
    expect(run.code).toBe(7);
    expect(await processesOf(run.runId)).toEqual([]);
    expect(run.stdout).toContain('ending the run: the timeout of 10s expired');
    expect(await verdictsOf(machine, run.runId)).toEqual([
      'success: exited with status 0 (the plan uses no SDK)',
      'timed-out: still running at the timeout; last output: no',
    ]);
    expect(await instanceFile(machine, run.runId, 1, 'run.out')).toBe('no\n');
  });

  test('a process that keeps writing from a session of its own is ended and reported', {
    tags: ['linux'],
  }, async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       console.log('said');
       const script = 'while :; do echo more; sleep 0.05; done';
       spawn('sh', ['-c', script], { stdio: 'inherit', detached: true }).unref();`,
    );
    const run = await tg(machine, single(plan, '-q'));
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/ended \d process(es)? that instances had left behind/);
    expect(await processesOf(run.runId)).toEqual([]);
  });

  test('a process that keeps starting others from a session of its own is ended with all of them', {
    tags: ['linux'],
  }, async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       const script = 'while :; do sleep 600 & sleep 0.005; done';
       spawn('sh', ['-c', script], { stdio: 'ignore', detached: true }).unref();
       setTimeout(() => {}, 300);`,
    );
    const run = await tg(machine, single(plan));
    expect(run.code).toBe(0);
    expect(await processesOf(run.runId)).toEqual([]);
  });

  test('a process that floods the captured output from a session of its own is ended', {
    tags: ['linux'],
  }, async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { spawn } from 'node:child_process';
       import { openSync, readSync } from 'node:fs';
       spawn('yes', ['x'.repeat(10_000)], { stdio: 'inherit', detached: true }).unref();
       // Until it writes.
       const file = openSync(process.env.TEST_OUTPUTS_PATH + '/.run.out.captured', 'r');
       while (readSync(file, Buffer.alloc(1), 0, 1, 0) === 0);`,
    );
    const run = await tg(machine, single(plan, '-q', '--timeout', '50s'));
    expect(run.code).toBe(0);
    expect(await processesOf(run.runId)).toEqual([]);
  });

  test('no temporary folder is left, even where instances made folders read-only', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
       mkdirSync('m/n', { recursive: true }); writeFileSync('m/n/f', 'x');
       chmodSync('m/n', 0o555); chmodSync('m', 0o555);`,
    );
    const run = await tg(machine, single(plan, '-i', '3'));
    expect(run.code, run.all).toBe(0);
    expect(await readdir(machine.temp)).toEqual([]);
  });
});

/** The port of the private Redis that a run has named. */
function portIn(said: string): string {
  const [, port] = /a private Redis at redis:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
  if (port === undefined) throw new Error(`no private Redis: ${said}`);
  return port;
}

describeWith('redis', 'a private Redis', () => {
  test('no longer answers after the run', async () => {
    const run = await tg(await someMachine(), single('example', '-t', 'output', '--sync', 'redis'));
    expect(run.code).toBe(0);
    const { exitCode, stderr } = await execa('redis-cli', ['-p', portIn(run.stdout), 'ping'], {
      reject: false,
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Connection refused')]);
  });

  test('ends when tg is killed', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `runenv.recordMessage('there'); await init.syncClient.barrier('never', 1);`,
    );
    const run = startTg(machine, single(plan, '--sync', 'redis'));
    const said = await onceSaid(run, 'there');
    const port = portIn(said);
    const about = (await execa('redis-cli', ['-p', port, 'info', 'server'])).stdout;
    const pid = Number(/^process_id:(\d+)/m.exec(about)?.[1]);
    expect(isGone(pid)).toBe(false);
    run.kill('SIGKILL');
    await run;
    // Its sockets are closed one after another.
    await until(() => isGone(pid));
    const { exitCode, stderr } = await execa('redis-cli', ['-p', port, 'ping'], { reject: false });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Connection refused')]);
  });
});

describe.concurrent('when the reader of stdout', () => {
  test('stops reading, instances still end and Ctrl-C still ends tg', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { writeSync } from 'node:fs';
       for (let n = 0; n < 300; n++) writeSync(1, 'x'.repeat(99_999) + '\\n');`,
    );
    const fifo = join(machine.cwd, 'fifo');
    await execa('mkfifo', [fifo]);
    const reader = open(fifo, 'r');
    const writer = await open(fifo, 'w');
    await using _ = await reader;
    const run = spawn(
      process.execPath,
      [new URL('../../bin/tg.js', import.meta.url).pathname, ...single(plan)],
      {
        cwd: machine.cwd,
        env: machine.env,
        stdio: ['ignore', writer.fd, 'ignore'],
      },
    );
    await writer.close();
    const gone = new Promise<number | null>((resolve) => {
      run.once('exit', resolve);
    });
    const outputs = join(machine.home, 'data', 'outputs', 'local_exec', 'p', 'latest', 'single', '0');
    const captured = join(outputs, instanceFiles.capturedOut);
    // Wait for all output, which is far more than a pipe holds.
    await until(async () => ((await stat(captured).catch(() => undefined))?.size ?? 0) >= 30_000_000);
    // Once the instance has ended too, tg waits for its reader only.
    const runId = await readlink(join(outputs, '..', '..', '..', 'latest'));
    await until(async () => (await processesOf(runId)).length === 0);
    run.kill('SIGINT');
    expect(await gone).toBe(130);
  });

  test('goes away, -o - exits 3 but still prints the verdict, and plan list exits 0 silently', async () => {
    const machine = await someMachine();
    const command = (rest: string) =>
      `${process.execPath} ${new URL('../../bin/tg.js', import.meta.url).pathname} ${rest}`;
    const bash = (line: string) =>
      execa('bash', ['-c', line], { cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false });
    const plan = await planWith(
      'import { randomBytes } from "node:crypto"; console.log(randomBytes(2_000_000).toString("hex"))',
    );
    const piped = await bash(
      `${command(`run single -p ${plan} -o -`)} | head -c 10 >/dev/null; exit \${PIPESTATUS[0]}`,
    );
    expect(piped.stderr).toContain('cannot write the archive');
    expect(piped.stderr).toMatch(/result default\[.*\]: success/);
    expect(piped.exitCode).toBe(3);
    const list = await bash(`( sleep 0.5; exec ${command('plan list')} ) | true; exit \${PIPESTATUS[0]}`);
    expect({ code: list.exitCode, stderr: list.stderr }).toEqual({ code: 0, stderr: '' });
  });
});

test('a run that is canceled after an instance failed has the outcome failure', async () => {
  const machine = await someMachine();
  const plan = await planWith(
    `import { existsSync } from 'node:fs';
     import { setImmediate } from 'node:timers/promises';
     if (process.env.TEST_OUTPUTS_PATH.endsWith('0')) process.exit(3);
     // tg has seen the other one's end: its run.out is settled.
     while (!existsSync(process.env.TEST_OUTPUTS_PATH + '/../0/run.out')) await setImmediate();
     console.log('there'); setInterval(() => {}, 1000);`,
  );
  const run = startTg(machine, single(plan, '-i', '2'));
  await idOnceSaid(run, 'there');
  run.kill('SIGINT');
  const { code, stdout, runId } = ended(await run);
  expect(code).toBe(130);
  expect(stdout).toContain(`result default[${runId}]: failure`);
});
