import { TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { checkOutputFile } from '../../flags/output-file.ts';
import type { RunFlags } from '../../flags/run-flags.ts';
import { addSummary } from '../github/github.ts';
import type { RunRow } from '../run-row.ts';
import type { JunitReport } from './junit.ts';
import { writeResultFile } from './result-file.ts';

type ReportFlags = Pick<RunFlags, 'resultFile' | 'junit'>;

/**
 * Looks before the runs whether the reports can be written: a night of runs is not to be lost for a folder that is not there.
 * @throws TgError (environment).
 */
export async function checkReports({ resultFile, junit }: ReportFlags): Promise<void> {
  for (const file of [resultFile, junit]) if (file !== undefined) await checkOutputFile(file, 'the report');
}

/** Begins what `--junit` asks for: it has to see every run. @throws TgError (environment). */
export async function openJunit({ junit }: ReportFlags): Promise<JunitReport | undefined> {
  return junit === undefined ? undefined : await (await import('./junit.ts')).JunitReport.open(junit);
}

/** Writes what was asked for about runs, each of it whatever becomes of the others. @returns the exit code of what could not be written: that is told. */
export async function writeReports(
  runs: readonly RunRow[],
  { resultFile, junit }: { readonly resultFile: string | undefined; readonly junit: JunitReport | undefined },
  signal: AbortSignal,
  tell: (words: string) => void,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.success;
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
      tell(error.describe());
      code = exitCodes.environment;
    }
  }
  return code;
}

function writeSummary(runs: readonly RunRow[]): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (process.env['GITHUB_ACTIONS'] === 'true' && file) addSummary(file, runs);
}
