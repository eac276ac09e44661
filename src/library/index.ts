/** What programs do with tg: `import { runSingle } from 'testground-tg'`. docs/library.md shows it at work. */
export { TgError } from '../errors.ts';
export type { InstanceId, RunEvent } from '../run/events.ts';
export { instanceTag } from '../run/events.ts';
export type {
  GroupVerdict,
  InstanceOutcome,
  InstanceVerdict,
  Outcome,
  RunResult,
} from '../run/result.ts';
export { listRuns, type PastRun, readRun } from './past.ts';
export {
  type CompositionOptions,
  type RunOptions,
  type RunOutcome,
  type RunsOutcome,
  runComposition,
  runSingle,
  type SingleOptions,
  type Value,
} from './run.ts';
