import { existsSync, lstatSync } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import {
  ended,
  entriesOf,
  idOnceSaid,
  instanceFile,
  outputsOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';

describe.concurrent('when a plan tampers with its outputs', () => {
  const at = "process.env.TEST_OUTPUTS_PATH + '/run.out'";
  test.each([
    ['a folder', `mkdirSync(${at})`],
    ['a link', `symlinkSync('/etc/hostname', ${at})`],
    ['a pipe', `execFileSync('mkfifo', [${at}])`],
  ])('%s called run.out is moved aside, and the verdict says so', async (_, code) => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { mkdirSync, symlinkSync } from 'node:fs'; import { execFileSync } from 'node:child_process';
       console.log('said'); ${code};`,
    );
    const run = await tg(machine, single(plan));
    expect(run.code).toBe(6);
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(
      /^incomplete: exited with status 0, but its output is incomplete: the plan created run\.out as something other than a file; moved to run\.out\.plan$/,
    );
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('said\n');
    expect((await tg(machine, ['collect', run.runId])).code).toBe(0);
  });

  test('a folder called run.out is moved to run.out.plan.1 if run.out.plan exists, and packed', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { mkdirSync } from 'node:fs';
       console.log('said');
       for (const name of ['run.out', 'run.out.plan/x', 'run.err']) mkdirSync(process.env.TEST_OUTPUTS_PATH + '/' + name, { recursive: true });`,
    );
    const run = await tg(machine, single(plan, '--collect'));
    expect(run.code).toBe(6);
    expect(await entriesOf(join(machine.cwd, `${run.runId}.tgz`))).toEqual(
      expect.arrayContaining([`${run.runId}/single/0/run.out`, `${run.runId}/single/0/run.out.plan.1/`]),
    );
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('said\n');
  });

  test('a result.json that cannot be written hides neither verdict nor archive; a passing run exits 5', async () => {
    const machine = await someMachine();
    const plan = (exit: number) =>
      planWith(
        `import { mkdirSync } from 'node:fs'; mkdirSync(process.env.TEST_OUTPUTS_PATH + '/../../result.json'); process.exit(${exit});`,
      );
    const failed = await tg(machine, single(await plan(1), '--collect'));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /ERROR\tthe records of this run, and possibly its outputs, are incomplete: EISDIR/,
    );
    expect(failed.stdout).toContain(`created file: ${failed.runId}.tgz`);
    expect((await tg(machine, single(await plan(0)))).code).toBe(5);
  });

  test('removing its output folder loses no output, but the run does not pass', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { rmSync } from 'node:fs';
       console.log('precious'); rmSync(process.env.TEST_OUTPUTS_PATH, { recursive: true }); console.log('more');`,
    );
    const run = await tg(machine, single(plan));
    expect(run.code).toBe(6);
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(
      /the file of stdout was removed while it was written/,
    );
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('precious\nmore\n');
  });

  test('removing the whole run folder makes the outcome unknown, and is no internal error', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { rmSync } from 'node:fs'; rmSync(process.env.TEST_OUTPUTS_PATH + '/../..', { recursive: true });`,
    );
    const run = await tg(machine, single(plan));
    expect(run.code).not.toBe(70);
    expect(run.all).toContain('run finished with outcome unknown');
  });

  test('an event that reports success and failure at once counts as failure', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `console.log(JSON.stringify({ event: { success_event: {}, failure_event: { error: 'oops' } } }));
       console.log(JSON.stringify({ event: { success_event: {} } }));`,
    );
    const run = await tg(machine, single(plan));
    expect(await verdictsOf(machine, run.runId)).toEqual(['failed: oops']);
  });
});

describe.concurrent('tg collect', () => {
  test('writes through a link, which stays a link, and into a pipe', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('console.log("x")')));
    await writeFile(join(machine.cwd, 'target.tgz'), 'old');
    await symlink('target.tgz', join(machine.cwd, 'link.tgz'));
    expect((await tg(machine, ['collect', runId, '-o', 'link.tgz'])).code).toBe(0);
    expect(lstatSync(join(machine.cwd, 'link.tgz')).isSymbolicLink()).toBe(true);
    expect(await entriesOf(join(machine.cwd, 'target.tgz'))).toContain(`${runId}/single/0/run.out`);

    await execa('mkfifo', [join(machine.cwd, 'pipe')]);
    const reader = execa('cat', ['pipe'], { cwd: machine.cwd, encoding: 'buffer' });
    expect((await tg(machine, ['collect', runId, '-o', 'pipe'])).code).toBe(0);
    await writeFile(join(machine.cwd, 'piped.tgz'), (await reader).stdout);
    expect(await entriesOf(join(machine.cwd, 'piped.tgz'))).toContain(`${runId}/single/0/run.out`);
  });

  test('ends at Ctrl-C while it writes to a pipe without a reader', { tags: ['linux'] }, async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    await execa('mkfifo', [join(machine.cwd, 'pipe')]);
    const run = startTg(machine, ['collect', runId, '-o', 'pipe']);
    // tg installs its handler for SIGHUP last, and Node has none of its own.
    while (!(await listensFor(run.pid, 1))) await new Promise((resolve) => setImmediate(resolve));
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
  });

  test('packs a run whose instances end meanwhile', async () => {
    const machine = await someMachine();
    const plan = await planWith('setTimeout(() => {}, Math.random() * 3_000)');
    const run = startTg(machine, single(plan, '-i', '30'));
    const runId = await idOnceSaid(run, 'starting run');
    let going = true;
    const over = run.then(() => {
      going = false;
    });
    for (let packed = 0; going; packed++) {
      expect((await tg(machine, ['collect', runId, '-o', `${packed}.tgz`])).code).toBe(0);
    }
    await over;
  });

  test('packs run.out of a run in progress once, even if the plan writes a run.out of its own', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `import { writeFileSync } from 'node:fs';
       writeFileSync(process.env.TEST_OUTPUTS_PATH + '/run.out', 'own\\n'); console.log('own'); setInterval(() => {}, 1000);`,
    );
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'own');
    await tg(machine, ['collect', runId]);
    const names = await entriesOf(join(machine.cwd, `${runId}.tgz`));
    expect(names.filter((name) => name.endsWith('run.out'))).toEqual([`${runId}/single/0/run.out`]);
    run.kill('SIGINT');
    await run;
  });
});

/** Whether a process has a handler for a signal, by its number. */
async function listensFor(pid: number | undefined, signal: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const caught = BigInt(`0x${/SigCgt:\s*(\w+)/.exec(status)?.[1] ?? '0'}`);
  return (caught & (1n << BigInt(signal - 1))) !== 0n;
}

describe.concurrent('printed lines', () => {
  test('have no control sequences, which run.out keeps, and continuation lines are indented', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `console.log('\\u001b[31mred\\u001b[0m \\u001b[2Jx\\u0001y\\r'); runenv.recordMessage('one\\ntwo');`,
    );
    const { stdout, runId } = await tg(machine, single(plan));
    expect(stdout).toContain('OTHER << single[000] >> red x\\x01y\n');
    expect(stdout).toContain('MESSAGE << single[000] >> one\n    two\n');
    expect(await instanceFile(machine, runId, 0, 'run.out')).toContain('\u001b[31mred');
  });

  test('are in time order for each instance, and in tg logs across all instances', async () => {
    const machine = await someMachine();
    const { stdout, runId } = await tg(machine, single('example', '-t', 'output', '-i', '5', '--verbose'));
    const past = await tg(machine, ['logs', runId]);
    const stampsIn = (text: string, instance: string) =>
      [
        ...text.matchAll(
          new RegExp(`^(\\w+ \\d+ \\S+)\\tINFO\\t[\\d.]+s +(?:START|MESSAGE) << ${instance} `, 'gm'),
        ),
      ].map(([, stamp = '']) => stamp);
    for (let index = 0; index < 5; index++) {
      const stamps = stampsIn(stdout, `single\\[00${index}\\]`);
      expect(stamps.length).toBeGreaterThan(4);
      expect(stamps).toEqual(stamps.toSorted());
    }
    const all = stampsIn(past.stdout, 'single\\[\\d+\\]');
    expect(all).toHaveLength(stampsIn(stdout, 'single\\[\\d+\\]').length);
    expect(all).toEqual(all.toSorted());
  });

  test('include an OK line for an instance that passed without an SDK', async () => {
    const { stdout } = await tg(await someMachine(), single(await planWith(''), '-i', '2'));
    expect(stdout).toMatch(
      / OK << single\[001\] >> success: exited with status 0 \(the plan uses no SDK\)\n/,
    );
  });
});

test('SIGINT during the build ends tg before any instance starts', async () => {
  const machine = await someMachine();
  const files = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`data/${index}`, 'x']));
  const run = startTg(machine, single(await planWith('', { files }), '--collect'));
  await idOnceSaid(run, 'performing build');
  run.kill('SIGINT');
  const { code, runId, stdout } = ended(await run);
  expect(code).toBe(130);
  expect(stdout).toMatch(/ERROR\tthe build was aborted: interrupted/);
  expect(await readdir(await outputsOf(machine, runId))).toEqual([
    'composition.toml',
    'journal.ndjson',
    'result.json',
    'run.json',
  ]);
  expect(existsSync(join(machine.cwd, `${runId}.tgz`))).toBe(false);
});

test('a temporary folder that cannot be created makes tg exit 5', async () => {
  const machine = await someMachine({ TMPDIR: '/nowhere/at/all' });
  const { code, stderr } = await tg(machine, single(await planWith('')));
  expect(code).toBe(5);
  expect(stderr).toMatch(/^error: \/nowhere\/at\/all: cannot create a temporary folder: ENOENT/);
});

test('the journal says which store kept states and topics', async () => {
  const machine = await someMachine();
  const { runId } = await tg(machine, single(await planWith('')));
  expect(await readFile(join(await outputsOf(machine, runId), 'journal.ndjson'), 'utf8')).toContain(
    '"sync":"in memory"',
  );
});
