import type { SeriesRow } from '../../../run/series/series-row.ts';
import { TgError } from '../../../util/errors.ts';
import { checkOutputFile } from '../../flags/output-file.ts';
import type { RunFlags } from '../../flags/run-flags.ts';
import { addSummary } from '../github/github.ts';
import type { JunitReport } from './junit.ts';
import { writeResultFile } from './result-file.ts';

type ReportFlags = Pick<RunFlags, 'resultFile' | 'junit'>;

/**
 * Checks before the runs that the reports can be written, so that a long series is not lost for a missing folder.
 * @throws TgError (environment).
 */
export async function checkReports({ resultFile, junit }: ReportFlags): Promise<void> {
  for (const file of [resultFile, junit]) if (file !== undefined) await checkOutputFile(file, 'the report');
}

/** Opens the report of `--junit`, which must see every run. @throws TgError (environment). */
export async function openJunit({ junit }: ReportFlags): Promise<JunitReport | undefined> {
  return junit === undefined ? undefined : await (await import('./junit.ts')).JunitReport.open(junit);
}

/**
 * Writes all requested reports; one failure does not stop the others and is reported.
 * @returns whether all were written.
 */
export async function writeReports(
  runs: readonly SeriesRow[],
  { resultFile, junit }: { readonly resultFile: string | undefined; readonly junit: JunitReport | undefined },
  signal: AbortSignal,
  report: (text: string) => void,
): Promise<boolean> {
  let isWritten = true;
  const reports = [
    async () => resultFile !== undefined && (await writeResultFile(resultFile, runs, signal)),
    async () => await junit?.write(signal),
    async () => writeSummary(runs),
  ];
  for (const write of reports) {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      report(error.describe());
      isWritten = false;
    }
  }
  return isWritten;
}

function writeSummary(runs: readonly SeriesRow[]): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (process.env['GITHUB_ACTIONS'] === 'true' && file) addSummary(file, runs);
}
