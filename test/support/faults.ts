import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { type Ended, entriesOf, helpersOf, type Machine, processesOf, tg, verdictsOf } from './tg.ts';

/** The arguments that run a test case of plans/faults. */
export function fault(testCase: string, ...more: readonly string[]): string[] {
  return ['run', 'single', '-p', 'faults', '-t', testCase, ...more];
}

/** A run of plans/faults that has ended, with what tests check. */
export interface FaultRun extends Ended {
  readonly machine: Machine;
  readonly verdicts: readonly string[];
  /** The entries of its archive. */
  readonly archive: readonly string[];
}

/** Runs a test case of plans/faults, collects its outputs, and checks that nothing is left behind. */
export async function runFault(
  machine: Machine,
  testCase: string,
  ...more: readonly string[]
): Promise<FaultRun> {
  const run = await tg(machine, fault(testCase, '-o', 'archive.tgz', ...more));
  await expectNothingLeft(machine, run.runId);
  return {
    ...run,
    machine,
    verdicts: await verdictsOf(machine, run.runId),
    archive: (await entriesOf(`${machine.cwd}/archive.tgz`)).map((name) => name.replace(`${run.runId}/`, '')),
  };
}

/** Checks that no process of a run, no helper process of tg for it, and no temporary file is left. */
export async function expectNothingLeft(machine: Machine, runId: string): Promise<void> {
  expect(await processesOf(runId)).toEqual([]);
  expect(await helpersOf(runId)).toEqual([]);
  expect(await readdir(machine.temp)).toEqual([]);
}

/** The names of the `run.*` files of an instance in an archive. */
export function outputsIn(archive: readonly string[], index: number): string[] {
  return archive.filter((name) => name.startsWith(`single/${index}/run.`));
}
