import { readdirSync } from 'node:fs';
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

/** Sends tg a first signal while its instance ignores SIGTERM: ending the run in order then takes five seconds. */
async function stubborn(machine: Machine, signal: NodeJS.Signals) {
  const run = startTg(machine, fault('ignores-sigterm', '-i', '1', '-o', 'a.tgz'));
  const runId = await idOnceSaid(run, 'I stay');
  run.kill(signal);
  await onceSaid(run, 'ending the run');
  return { run, runId };
}

describe.concurrent('a signal', () => {
  test.each(signals)('%s ends the run in order and exits %i', async (signal, code, text) => {
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

  test('between two runs of a series ends the series with exit 130', async () => {
    const machine = await someMachine();
    // Metrics are indexed after the end of a run: the signal comes then, or early in the next run.
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

  test('is reported at once, and ends instances that ignore SIGTERM after a grace period', async () => {
    const machine = await someMachine();
    const { run, runId } = await stubborn(machine, 'SIGINT');
    await idOnceSaid(run, 'MESSAGE << single[000] >> no');
    expect((await run).exitCode).toBe(130);
    await expectNothingLeft(machine, runId);
    expect(await entriesOf(`${machine.cwd}/a.tgz`)).toContain(`${runId}/single/0/run.out`);
  });

  test('repeated by npm counts once; a second one ends the run at once, packs nothing, and says how to collect the outputs', async () => {
    const machine = await someMachine();
    const { run, runId } = await stubborn(machine, 'SIGINT');
    run.kill('SIGINT');
    await onceSaid(run, 'MESSAGE << single[000] >> no');
    const first = performance.now();
    // A signal that npm passes on comes within half a second; the next one must come later.
    while (performance.now() - first < 600) await new Promise((resolve) => setTimeout(resolve, 50));
    run.kill('SIGINT');
    const result = ended(await run);
    expect(result.code).toBe(130);
    expect(await verdictsOf(machine, runId)).toEqual([
      'canceled: ended before it had finished; last output: no',
    ]);
    await expectNothingLeft(machine, runId);
    expect(result.stdout).toContain('collect them again with tg collect');
    // Nothing is packed, not even in part.
    expect(readdirSync(machine.cwd)).toEqual([]);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toContain('I stay');
  });
});
