import { describe, expect, test } from 'vitest';
import { expectNothingLeft, fault } from '../support/faults.ts';
import { folderWith } from '../support/temp.ts';
import {
  ended,
  entriesOf,
  idOnceSaid,
  instanceFile,
  type Machine,
  onceSaid,
  single,
  someMachine,
  startTg,
  verdictsOf,
} from '../support/tg.ts';

const signals = [
  ['SIGINT', 130, 'interrupted (Ctrl-C)'],
  ['SIGTERM', 143, 'terminated (SIGTERM)'],
  ['SIGHUP', 143, 'the terminal was closed (SIGHUP)'],
] as const;

/** A run of instances that take SIGTERM for nothing, told to end once; it takes five seconds to end in order. */
async function stubborn(machine: Machine, signal: NodeJS.Signals) {
  const run = startTg(machine, fault('ignores-sigterm', '-i', '1', '-o', 'a.tgz'));
  const runId = await idOnceSaid(run, 'I stay');
  run.kill(signal);
  await onceSaid(run, 'ending the run');
  return { run, runId };
}

describe.concurrent('a signal', () => {
  test.each(signals)('%s ends the run in order: exit %i', async (signal, code, text) => {
    const machine = await someMachine();
    const run = startTg(machine, fault('stays', '-i', '1', '-o', 'a.tgz'));
    const runId = await idOnceSaid(run, 'I stay');
    run.kill(signal);
    const result = ended(await run);
    expect(result.code).toBe(code);
    expect(result.stdout).toContain(`ending the run: ${text}`);
    expect(await verdictsOf(machine, runId)).toEqual([
      'canceled: ended before it had finished; last output: I stay',
    ]);
    expect(await entriesOf(`${machine.cwd}/a.tgz`)).toContain(`${runId}/single/0/run.out`);
    await expectNothingLeft(machine, runId);
  });

  test('that comes between two runs of a series ends it with its exit code', async () => {
    const machine = await someMachine();
    // Its metrics are indexed after its end: the signal comes then, or early in the next run.
    const lines = 'BEGIN { for (i = 0; i < 200000; i++) print "m v=" i " " i }';
    const plan = await folderWith({
      'manifest.toml': `name = "p"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
run = '''awk '${lines}' > "$TEST_OUTPUTS_PATH/metrics.lp"'''
[[testcases]]
name = "t"
instances = { min = 1, max = 1, default = 1 }
`,
    });
    const run = startTg(machine, single(plan, '--repeat', '3'));
    await onceSaid(run, 'run finished with outcome');
    run.kill('SIGINT');
    expect(ended(await run).code).toBe(130);
  });

  test('is said at once, and ends those that do not listen after a while', async () => {
    const machine = await someMachine();
    const { run, runId } = await stubborn(machine, 'SIGINT');
    await idOnceSaid(run, 'MESSAGE << single[000] >> no');
    expect((await run).exitCode).toBe(130);
    await expectNothingLeft(machine, runId);
    expect(await entriesOf(`${machine.cwd}/a.tgz`)).toContain(`${runId}/single/0/run.out`);
  });

  test('that npm passes on counts once; the second one ends all at once, and packs nothing; outputs stay', async () => {
    const machine = await someMachine();
    const { run, runId } = await stubborn(machine, 'SIGINT');
    run.kill('SIGINT');
    await onceSaid(run, 'MESSAGE << single[000] >> no');
    const first = performance.now();
    // What npm passes on comes within half a second.
    while (performance.now() - first < 600) await new Promise((resolve) => setTimeout(resolve, 50));
    run.kill('SIGINT');
    const result = ended(await run);
    expect(result.code).toBe(130);
    expect(await verdictsOf(machine, runId)).toEqual([
      'canceled: ended before it had finished; last output: no',
    ]);
    await expectNothingLeft(machine, runId);
    expect(result.stdout).toContain('collect them again with tg collect');
    expect(await instanceFile(machine, runId, 0, 'run.out')).toContain('I stay');
  });
});
