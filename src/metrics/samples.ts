import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from '../outputs/layout.ts';
import { readParquet } from './parquet.ts';
import { readMetrics } from './read-run.ts';
import type { Sample } from './sample.ts';

/** A run whose metrics are wanted. */
export interface MeasuredRun {
  /** The folder of its outputs. */
  readonly dir: string;
  readonly plan: string;
  readonly case: string;
}

/** All that a run has measured so far: from its index where it has one, otherwise from what its instances have written. */
export function samplesOf({ dir, plan, case: testCase }: MeasuredRun): AsyncGenerator<readonly Sample[]> {
  const index = join(dir, runFiles.metrics);
  return existsSync(index) ? readParquet(index) : readMetrics(dir, `${plan}-${testCase}`);
}
