import { findSeries, selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { reportOf } from '../../report/run-report.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { writePage } from '../output/reports/page.ts';
import { note, warn } from '../output/warn.ts';
import { standardStream } from '../standard-streams.ts';
import type { PageOptions } from './report-series.ts';

export interface ReportOptions extends PageOptions {
  readonly task?: string;
}

/** `tg report [run]`: writes the report of a run, or of a series, as an HTML page. */
export async function report(asked: string | undefined, options: ReportOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const name = options.task ?? asked;
  checkOpen(options);
  const series = name === undefined ? undefined : await findSeries(home, name);
  if (series !== undefined)
    return await (await import('./report-series.ts')).reportSeries(home, series, options);
  if (options.runs)
    throw new TgError('usage', 'only a series has runs', {
      where: '--runs',
      hint: 'Name a series by its ID, or leave --runs out.',
    });
  const record = await selectRun(home, name, note);
  if (options.watch) {
    if (options.output !== undefined)
      throw new TgError('usage', 'a served page is not written to a file', {
        where: '--watch -o',
        hint: 'Leave one of them out.',
      });
    return await (await import('../output/reports/report-watch.ts')).watchReport(
      record,
      options.open === true,
    );
  }
  if (record.state === 'processing')
    warn('the run is still active: the page shows its current state; --watch follows it');
  const file = options.output ?? `${record.runId}.html`;
  await checkOutputFile(file, 'the report');
  await writePage(await reportOf(record), file);
  if (options.open) await (await import('../output/reports/browser.ts')).openInBrowser(file);
  return exitCodes.success;
}

/** @throws TgError (usage) for a page on stdout that is to be opened. */
function checkOpen({ open, watch, output }: PageOptions): void {
  if (!open || watch || output !== standardStream) return;
  throw new TgError('usage', 'a page on stdout cannot be opened', {
    where: '--open -o -',
    hint: 'Name a file, or leave -o out.',
  });
}
