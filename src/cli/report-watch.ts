import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type RunRecord, readRecord } from '../history/record.ts';
import { serveLive } from '../report/live-server.ts';
import { reportOf } from '../report/run-report.ts';
import { whenAborted } from '../run/stop.ts';
import { openInBrowser } from './browser.ts';
import { watchSignals } from './signals.ts';

/** `tg report --watch`: serves a run's page on this machine until Ctrl-C. @param open whether to show it in a browser, too. */
export async function watchReport(record: RunRecord, open: boolean): Promise<ExitCode> {
  using interrupts = watchSignals();
  await using server = await serveLive(async () => await reportOf((await readRecord(record.dir)) ?? record));
  process.stdout.write(`the report is at ${server.url} until Ctrl-C\n`);
  if (open) await openInBrowser(server.url);
  await new Promise<void>((resolve) => whenAborted(interrupts.cancel, resolve));
  return exitCodes.success;
}
