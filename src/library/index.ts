/** The library API: `import { runSingle } from 'testground-tg'`. docs/library.md has examples. */

export type { RunRecord } from '../history/record.ts';
export type { Collected } from '../outputs/archive/collect.ts';
export type { InstanceId } from '../plan/instance-id.ts';
export { instanceTag } from '../plan/instance-id.ts';
export type { Expectation } from '../plan/run-spec.ts';
export type { RunEvent } from '../run/events/events.ts';
export type { InstanceOutcome, Outcome } from '../run/verdict/outcomes.ts';
export type { GroupVerdict, InstanceVerdict, RunResult } from '../run/verdict/result.ts';
export { TgError } from '../util/errors.ts';
export type { CompositionOptions, RunOptions, SingleOptions, Value } from './options.ts';
export { listRuns, type PastRun, readRun } from './past-runs.ts';
export { type RunOutcome, type RunsOutcome, runComposition, runSingle } from './run.ts';
