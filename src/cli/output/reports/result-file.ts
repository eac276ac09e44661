import type { SeriesRow } from '../../../run/series/series-row.ts';
import { csvLine } from '../../../util/csv.ts';
import { outcomeWord } from '../../flags/called-as.ts';
import { writeOutputFile } from '../../flags/output-file.ts';

/**
 * Writes the results of runs as CSV: run_id (the name in the composition), task_id (the run's ID), outcome, error.
 * @throws TgError (environment) if the file cannot be written.
 */
export async function writeResultFile(
  file: string,
  runs: readonly SeriesRow[],
  signal: AbortSignal,
): Promise<void> {
  const rows = runs.map(({ name, runId = 'N/A', outcome, reason }) => [
    ...[name, runId, outcomeWord(outcome)],
    // Scripts read the file line by line.
    reason.replace(/\s*\n\s*/g, '; '),
  ]);
  const text = [['run_id', 'task_id', 'outcome', 'error'], ...rows].map(csvLine);
  await writeOutputFile(file, text.join(''), 'the results', signal);
}
