import { join } from 'node:path';
import * as z from 'zod';
import { runFiles } from '../outputs/layout.ts';
import { readText } from '../outputs/untrusted-file.ts';
import type { MachineSummary } from '../run/machine/machine-summary.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { resultSchema } from '../run/verdict/result-schema.ts';
import type { RunRecord } from './record.ts';

/** The verdict in the record of a run; undefined while there is none, or if its format is wrong. */
export function recordedResult({ result }: Pick<RunRecord, 'result'>): RunResult | undefined {
  return resultSchema.safeParse(result).data;
}

/** The machine during a run that has ended; null if it was not sampled, or the run has no readable result. */
export function machineOf(record: Pick<RunRecord, 'result'>): MachineSummary | null {
  return recordedResult(record)?.machine ?? null;
}

/**
 * Reads the verdict on a run from its outputs.
 * @throws the system's error if the file is missing (ENOENT) or cannot be read, and an Error if its format is
 *   wrong.
 */
export function readRunResult(dir: string): RunResult {
  const { data, error } = resultSchema.safeParse(JSON.parse(readText(join(dir, runFiles.result))));
  if (error !== undefined) throw new Error(z.prettifyError(error).split('\n').slice(0, 2).join(' '));
  return data;
}
