import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import {
  instanceTag,
  listRuns,
  type RunEvent,
  readRun,
  runComposition,
  runSingle,
  TgError,
} from '../../src/library/index.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { entriesOf, processesOf } from '../support/tg.ts';

describe('the library', () => {
  test('runs a plan, reports its events, and reads, collects and lists the finished run', async () => {
    const home = await tempDir();
    const plan = await sdkPlanWith('runenv.recordMessage("word is %s", runenv.stringParam("word"));', {
      params: 'word = { type = "string", default = "none" }',
    });
    const events: RunEvent[] = [];
    const { outcome, runs } = await runSingle({
      plan,
      home,
      instances: 2,
      params: { word: 'given' },
      runConfig: { timeout: '1m' },
      seed: 5,
      onEvent: (event) => void events.push(event),
    });
    expect([outcome, runs.length]).toEqual(['success', 1]);
    const [run] = runs;
    expect(run?.result).toMatchObject({ outcome: 'success', counts: { success: 2 }, seed: '5' });
    expect(existsSync(join(run?.outputs ?? '', 'single', '1', 'run.out'))).toBe(true);
    const said = events.flatMap((event) =>
      event.type === 'line' && event.event?.type === 'message' && event.event.message.startsWith('word')
        ? [`${instanceTag(event.instance)} ${event.event.message}`]
        : [],
    );
    expect(said.sort()).toEqual(['single[000] word is given', 'single[001] word is given']);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['run-queued', 'run-ended']);

    const past = await readRun(run?.runId ?? '', { home });
    expect(past).toMatchObject({ state: 'complete', outcome: 'success', instances: 2, case: 't' });
    const lines = [];
    for await (const line of past.lines({ instances: ['single[1]'] })) lines.push(line);
    expect(new Set(lines.map(({ instance }) => instance.index))).toEqual(new Set([1]));
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).sort((a, b) => a - b));
    const { file } = await past.collect({ to: join(home, 'out.tgz') });
    expect(await entriesOf(file ?? '')).toContain(`${run?.runId}/single/0/run.out`);
    const listed: string[] = [];
    for await (const { runId } of listRuns({ home })) listed.push(runId);
    expect(listed).toEqual([run?.runId]);
  });

  test('builds a plan once for two runs at once in one process', async () => {
    const [home, meeting] = [await tempDir(), await tempDir()];
    // The build waits until the other run waits for it.
    const isAwaited = `grep -q '"waits"' ${home}/data/work/lease-*`;
    const build = `touch ${meeting}/$$; until ${isAwaited}; do sleep 0.05; done; touch built`;
    const plan = await folderWith({
      'manifest.toml': `name = "p"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
build = ${JSON.stringify(build)}
run = "test -e built"
[[testcases]]
name = "t"
instances = { min = 1, max = 1, default = 1 }
`,
    });
    const both = await Promise.all([runSingle({ plan, home }), runSingle({ plan, home })]);
    expect(both.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
    expect(readdirSync(join(home, 'data', 'work'))).toEqual([expect.stringMatching(/^exec-generic--p-\w+$/)]);
    expect(readdirSync(meeting)).toHaveLength(1);
  });

  test('resolves with the outcome when an instance fails, and rejects wrong options and errors of a listener', async () => {
    const home = await tempDir();
    const plan = await planWith('process.exit(3)');
    const { outcome, runs } = await runSingle({ plan, home });
    expect([outcome, runs[0]?.result?.groups[0]?.instances[0]?.reason]).toEqual([
      'failure',
      'exited with status 3',
    ]);
    await expect(runSingle({ plan, home, testCase: 'nope' })).rejects.toThrow(TgError);
    await expect(runSingle({ plan, home, buildConfig: { entry: 'none.mjs' } })).rejects.toThrow(
      'does not exist',
    );
    const misspelt: object = { testcase: 't' };
    await expect(runSingle({ plan, home, ...misspelt })).rejects.toThrow('there is no option "testcase"');
    await expect(runSingle({ plan, home, repeat: 0 })).rejects.toThrow('repeat');
    await expect(runSingle({ plan, home, env: { TEST_RUN: 'x' } })).rejects.toThrow(
      'part of the run environment',
    );
    const throwing = () => {
      throw new Error('not listening');
    };
    await expect(runSingle({ plan, home, onEvent: throwing })).rejects.toThrow('not listening');
    await expect(readRun('nope', { home })).rejects.toThrow('no run has the ID or label "nope"');
  });

  test('runs a matrix; an abort signal ends the current run and cancels those not yet started', async () => {
    const home = await tempDir();
    const plan = await planWith(
      'if (process.env.TEST_INSTANCE_PARAMS === "n=2") setInterval(() => {}, 1000)',
      {
        params: 'n = { type = "int", default = 0 }',
      },
    );
    const dir = await folderWith({
      'c.toml': `[global]\nplan = ${JSON.stringify(plan)}\ncase = "t"\n[[groups]]\nid = "g"\ninstances = { count = 1 }\n`,
    });
    const stop = new AbortController();
    let started = 0;
    const { outcome, runs } = await runComposition({
      file: join(dir, 'c.toml'),
      home,
      matrix: { n: [1, 2, 3] },
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'instance-started' && ++started === 2) stop.abort('enough');
      },
    });
    expect(outcome).toBe('canceled');
    expect(runs.map((run) => [run.name, run.outcome, run.runId !== undefined])).toEqual([
      ['default-n=1', 'success', true],
      ['default-n=2', 'canceled', true],
      ['default-n=3', 'canceled', false],
    ]);
    expect(runs[1]?.result?.stopped?.why).toBe('enough');
  });

  test('cancels the run and ends its instances when the program receives SIGTERM', async () => {
    const home = await tempDir();
    const plan = await planWith('console.log("here"); setInterval(() => {}, 1000)');
    const index = new URL('../../dist/library/index.js', import.meta.url).href;
    const program = join(
      await folderWith({
        'p.mjs': `import { runSingle } from ${JSON.stringify(index)};
await runSingle({ plan: ${JSON.stringify(plan)}, home: ${JSON.stringify(home)}, onEvent: (event) => { if (event.type === 'line') console.log(event.text); } });`,
      }),
      'p.mjs',
    );
    const run = execa(process.execPath, [program], { reject: false });
    for await (const line of run.iterable()) {
      if (line === 'here') run.kill('SIGTERM');
    }
    expect((await run).signal).toBe('SIGTERM');
    const past = await readRun('latest', { home });
    expect(past).toMatchObject({ state: 'canceled', error: 'the program received SIGTERM' });
    expect(await processesOf(past.runId)).toEqual([]);
  });

  test('follows a run in progress to its end', async () => {
    const home = await tempDir();
    const plan = await planWith('console.log("one"); setTimeout(() => console.log("two"), 300)');
    let id = '';
    let began = () => {};
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const run = runSingle({
      plan,
      home,
      onEvent: (event) => {
        if (event.type === 'run-queued') id = event.spec.runId;
        if (event.type === 'line') began();
      },
    });
    await begun;
    const lines: string[] = [];
    const past = await readRun(id, { home });
    expect(past.state).toBe('processing');
    await past.follow({ onLine: ({ text }) => void lines.push(text) });
    expect(lines).toEqual(['one', 'two']);
    expect((await run).outcome).toBe('success');
  });
});
