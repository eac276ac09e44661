import { selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { reportOf } from '../../report/run-report.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { writePage } from '../output/reports/page.ts';
import { note, warn } from '../output/warn.ts';
import { standardStream } from '../standard-streams.ts';

export interface ReportOptions {
  readonly task?: string;
  readonly output?: string;
  readonly open?: boolean;
  readonly watch?: boolean;
}

/** `tg report [run]`: writes the report of a run as an HTML page. */
export async function report(asked: string | undefined, options: ReportOptions): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), options.task ?? asked, note);
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
  if (options.open && options.output === standardStream)
    throw new TgError('usage', 'a page on stdout cannot be opened', {
      where: '--open -o -',
      hint: 'Name a file, or leave -o out.',
    });
  if (record.state === 'processing')
    warn('the run is still active: the page shows its current state; --watch follows it');
  const file = options.output ?? `${record.runId}.html`;
  await checkOutputFile(file, 'the report');
  await writePage(await reportOf(record), file);
  if (options.open) await (await import('../output/reports/browser.ts')).openInBrowser(file);
  return exitCodes.success;
}
