import { dirname, join } from 'node:path';
import type { RunRecord } from '../../history/record.ts';
import { keptRunsOf } from '../../history/select-runs.ts';
import type { SeriesRecord } from '../../history/series.ts';
import type { Home } from '../../os/home.ts';
import { reportOf } from '../../report/run-report.ts';
import { seriesReport } from '../../report/series-report.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { writePage } from '../output/reports/page.ts';
import { standardStream } from '../standard-streams.ts';

/** The options of `tg report` besides the run. */
export interface PageOptions {
  readonly output?: string;
  readonly open?: boolean;
  readonly watch?: boolean;
  readonly runs?: boolean;
}

/**
 * Writes the index page of a series and, if asked, the pages of its runs next to it.
 * @throws TgError (usage) for flags that do not fit a series; (environment) if a file cannot be written.
 */
export async function reportSeries(
  home: Home,
  series: SeriesRecord,
  { output, open, watch, runs = false }: PageOptions,
): Promise<ExitCode> {
  if (watch)
    throw new TgError('usage', 'the page of a series is not served', {
      where: '--watch',
      hint: 'Name one run, or leave --watch out.',
    });
  const file = output ?? `${series.id}.html`;
  if (runs && file === standardStream)
    throw new TgError('usage', 'the pages of runs cannot be written to stdout', {
      where: '--runs -o -',
      hint: 'Name a file: the pages of the runs are written next to it.',
    });
  await checkOutputFile(file, 'the report');
  const kept = await keptRunsOf(home, series);
  if (runs) for (const record of kept) await writePage(await reportOf(record), pageNextTo(file, record));
  await writePage(seriesReport(series, kept, runs), file);
  if (open) await (await import('../output/reports/browser.ts')).openInBrowser(file);
  return exitCodes.success;
}

function pageNextTo(file: string, { runId }: RunRecord): string {
  return join(dirname(file), `${runId}.html`);
}
