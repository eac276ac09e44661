import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import {
  ended,
  entriesOf,
  idOnceSaid,
  instanceFile,
  outputsOf,
  resultOf,
  single,
  someMachine,
  startTg,
  tg,
} from '../support/tg.ts';

describe.concurrent('tg collect', () => {
  test('packs a run into <run id>.tgz in the working directory', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('console.log("hi")'), '-i', '2'));
    const { code, stdout } = await tg(machine, ['collect', runId]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`INFO\\tcreated file: ${runId}\\.tgz\\n$`));
    expect(await entriesOf(join(machine.cwd, `${runId}.tgz`))).toEqual(
      [
        '',
        'composition.toml',
        'journal.ndjson',
        'result.json',
        'run.json',
        'single/',
        'single/0/',
        'single/0/run.err',
        'single/0/run.out',
        'single/1/',
        'single/1/run.err',
        'single/1/run.out',
        'sync.ndjson',
      ].map((name) => `${runId}/${name}`),
    );
    expect(await readdir(machine.cwd)).toEqual([`${runId}.tgz`]);
  });

  test('accepts -o before or after the run ID, and --runner', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    expect((await tg(machine, ['collect', '-o', 'a.tgz', '--runner', 'local:exec', runId])).code).toBe(0);
    expect((await tg(machine, ['collect', runId, '-o', 'b.tgz'])).code).toBe(0);
    expect(await entriesOf(join(machine.cwd, 'a.tgz'))).toEqual(await entriesOf(join(machine.cwd, 'b.tgz')));
  });

  test('writes the archive to stdout with -o -, as tg run does', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("x".repeat(1_000_000))');
    const run = startTg(machine, single(plan, '-o', '-'));
    const file = join(machine.cwd, 'piped.tgz');
    run.stdout.pipe(createWriteStream(file));
    const { code, stderr, runId } = ended(await run);
    expect(code).toBe(0);
    expect(stderr).toContain(`result default[${runId}]: success`);
    expect(await entriesOf(file)).toContain(`${runId}/single/0/run.out`);
    const again = startTg(machine, ['collect', runId, '-o', '-']);
    again.stdout.pipe(createWriteStream(`${file}.2`));
    await again;
    expect(await entriesOf(`${file}.2`)).toContain(`${runId}/single/0/run.out`);
  });

  test('is implied by tg run -o FILE, which writes exactly that file', async () => {
    const machine = await someMachine();
    await tg(machine, single(await planWith(''), '-o', 'x.tgz'));
    expect(await readdir(machine.cwd)).toEqual(['x.tgz']);
  });

  test('packs a failed run too', async () => {
    const machine = await someMachine();
    const { code, runId } = await tg(
      machine,
      single(await planWith('console.log("said"); process.exit(9)'), '--collect'),
    );
    expect(code).toBe(1);
    expect(await entriesOf(join(machine.cwd, `${runId}.tgz`))).toContain(`${runId}/single/0/run.out`);
  });

  test('exits 3 and suggests the nearest run ID for an unknown run', async () => {
    const machine = await someMachine();
    const none = await tg(machine, ['collect', '00000000000000000000']);
    expect(none.code).toBe(3);
    expect(none.stderr).toMatch(/^error: no run has the ID or label "0{20}"\n {2}No run is kept in /);
    const { runId } = await tg(machine, single(await planWith('')));
    const wrong = `${runId.slice(0, -1)}${runId.endsWith('0') ? '1' : '0'}`;
    for (const id of [wrong, '../p', '.']) {
      const { code, stderr, stdout } = await tg(machine, ['collect', id]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      if (id === wrong)
        expect(stderr).toBe(`error: no run has the ID or label "${wrong}"\n  Did you mean ${runId}?\n`);
    }
    expect(await readdir(machine.cwd)).toEqual([]);
    expect((await tg(machine, ['collect', 'latest'])).code).toBe(0);
    expect(await readdir(machine.cwd)).toEqual([`${runId}.tgz`]);
  });

  test('exits 3 and leaves no partial file if the archive cannot be written; a failed run still exits 1', async () => {
    const machine = await someMachine();
    // The folder exists when the run starts; the plan removes it.
    const folder = join(machine.cwd, 'folder');
    const removing = `import { rmSync } from 'node:fs'; rmSync(${JSON.stringify(folder)}, { recursive: true });\n`;
    await mkdir(folder);
    const there = await tg(machine, single(await planWith(removing), '-o', 'folder/x.tgz'));
    expect(there.code).toBe(3);
    expect(there.stdout).toMatch(/ERROR\t.*x\.tgz: cannot write the archive: ENOENT/);
    expect(there.stdout).toContain(`result default[${there.runId}]: success`);
    await mkdir(folder);
    const failing = await planWith(`${removing}process.exit(1)`);
    const failed = await tg(machine, single(failing, '-o', 'folder/x.tgz'));
    expect(failed.code).toBe(1);
    await mkdir(join(machine.cwd, 'taken'));
    const taken = await tg(machine, ['collect', there.runId, '-o', 'taken']);
    expect(taken.code).toBe(3);
    expect(await readdir(machine.cwd)).toEqual(['taken']);
  });

  test('packs the outputs of a run in progress', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `runenv.recordMessage('so far');
       await init.syncClient.barrier('never', 1);`,
    );
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'so far');
    expect((await tg(machine, ['collect', runId])).code).toBe(0);
    expect(await entriesOf(join(machine.cwd, `${runId}.tgz`))).toEqual(
      expect.arrayContaining([`${runId}/single/0/run.out`, `${runId}/single/0/run.err`]),
    );
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
  });

  test('finalizes the outputs of a run whose tg was killed', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("so far"); setTimeout(() => console.log("late"), 1_000)');
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'so far');
    run.kill('SIGKILL');
    await run;
    const outputs = join(await outputsOf(machine, runId), 'single', '0');
    expect(existsSync(join(outputs, 'run.out'))).toBe(false);
    expect((await tg(machine, ['collect', runId])).code).toBe(0);
    expect(await readFile(join(outputs, 'run.out'), 'utf8')).toContain('so far\n');
    expect(existsSync(join(outputs, '.run.out.captured'))).toBe(false);
  });
});

describe.concurrent('signals', () => {
  test.each([
    ['SIGINT', 130, 'interrupted (Ctrl-C)'],
    ['SIGTERM', 143, 'terminated (SIGTERM)'],
  ] as const)(
    '%s ends the run gracefully: outputs are kept and collected, exit %i',
    async (signal, code, text) => {
      const machine = await someMachine();
      const plan = await sdkPlanWith(
        `process.on('SIGTERM', () => { runenv.recordMessage('farewell'); process.exit(0); });
       runenv.recordMessage('there');
       await init.syncClient.barrier('never', 1);`,
      );
      const run = startTg(machine, single(plan, '--collect'));
      await idOnceSaid(run, 'there');
      run.kill(signal);
      const result = ended(await run);
      expect(result.code).toBe(code);
      expect(result.stdout).toContain(`WARN\tending the run: ${text}; a second signal ends it at once\n`);
      expect(result.stdout).toContain('farewell');
      expect(await entriesOf(join(machine.cwd, `${result.runId}.tgz`))).toContain(
        `${result.runId}/single/0/run.out`,
      );
      expect((await resultOf(machine, result.runId)).outcome).toBe('canceled');
      expect(await readdir(machine.temp)).toEqual([]);
    },
  );

  test('a second Ctrl-C ends the run at once, and outputs are kept but not packed; the duplicate of the first that npm forwards does not count', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `process.on('SIGTERM', () => setTimeout(() => runenv.recordMessage('I stay'), 200));
       runenv.recordMessage('there');
       setInterval(() => {}, 1000);
       await new Promise(() => {});`,
    );
    const run = startTg(machine, single(plan, '--collect'));
    await idOnceSaid(run, 'there');
    const asked = performance.now();
    run.kill('SIGINT');
    await idOnceSaid(run, 'ending the run');
    run.kill('SIGINT');
    await idOnceSaid(run, 'I stay');
    // The real second Ctrl-C comes later than 500 ms: until then, signals count as npm’s duplicates.
    while (performance.now() - asked < 600) await new Promise((resolve) => setTimeout(resolve, 50));
    run.kill('SIGINT');
    const { code, runId, stdout } = ended(await run);
    expect(code).toBe(130);
    expect((await resultOf(machine, runId)).groups[0].instances[0].outcome).toBe('canceled');
    // tg leaves out the archive only at a second signal.
    expect(stdout).toContain('collect them again with tg collect');
    expect(await readdir(machine.cwd)).toEqual([]);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toContain('I stay');
  });

  test('SIGINT during the start of 50 instances cancels all of them', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("there"); setInterval(() => {}, 1000)');
    const run = startTg(machine, single(plan, '-i', '50'));
    await idOnceSaid(run, 'starting run');
    run.kill('SIGINT');
    const { code, runId } = ended(await run);
    expect(code).toBe(130);
    expect((await resultOf(machine, runId)).counts).toEqual({ canceled: 50 });
  });
});

test('result.json and the journal record outcomes and events, but no value of --env', async () => {
  const machine = await someMachine();
  const plan = await planWith('process.exit(Number(process.env.TEST_OUTPUTS_PATH.at(-1)))');
  const { runId } = await tg(machine, single(plan, '-i', '2', '--env', 'PASSWORD=v4lue'));
  expect(await resultOf(machine, runId)).toMatchObject({
    version: 1,
    run_id: runId,
    plan: 'p',
    case: 't',
    outcome: 'failure',
    stopped: null,
    instances: 2,
    counts: { success: 1, failed: 1 },
    groups: [{ id: 'single', outcome: 'failure', total: 2 }],
  });
  const journal = await readFile(join(await outputsOf(machine, runId), 'journal.ndjson'), 'utf8');
  const types = journal
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  expect(types.filter((type) => type.startsWith('run-'))).toEqual(['run-queued', 'run-started', 'run-ended']);
  expect(types.filter((type) => type === 'instance-exited')).toHaveLength(2);
  expect(journal).not.toContain('v4lue');
});
