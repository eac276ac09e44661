import { csvLine } from '../csv.ts';
import { type RunResult, shortcomings } from '../run/result.ts';
import type { SeriesRun } from '../run/series.ts';
import { writeOutputFile } from './output-file.ts';

/**
 * Writes how runs ended as CSV: run_id (the name in the composition), task_id (the run's ID), outcome, error.
 * @throws TgError (environment) when it cannot be written.
 */
export async function writeResultFile(
  file: string,
  runs: readonly SeriesRun[],
  signal: AbortSignal,
): Promise<void> {
  const rows = runs.map(({ spec, begun, outcome, error, result }) => [
    ...[spec.name, begun ? spec.runId : 'N/A', outcome],
    // Scripts read it line by line.
    (error || reasonIn(result)).replace(/\s*\n\s*/g, '; '),
  ]);
  const text = [['run_id', 'task_id', 'outcome', 'error'], ...rows].map(csvLine);
  await writeOutputFile(file, text.join(''), 'the results', signal);
}

/** The first thing that kept it from success. */
function reasonIn(result: RunResult | undefined): string {
  const [first = ''] = result === undefined ? [] : shortcomings(result);
  return first;
}
