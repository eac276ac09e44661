import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunRecord, readRecord } from '../../../history/record.ts';
import { type Home, homeOf, makeFolder } from '../../../os/home.ts';
import { removeAtExit } from '../../../os/remove-at-exit.ts';
import { serveLive } from '../../../report/live-server.ts';
import { reportOf } from '../../../report/run-report.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { servedUntil, watchSignals } from '../../signals.ts';
import { say } from '../say.ts';

/**
 * `tg report --watch`: serves the page of a run on this machine until Ctrl-C. @param open whether to open it in a
 * browser.
 */
export async function watchReport(record: RunRecord, open: boolean): Promise<ExitCode> {
  using interrupts = watchSignals();
  const { cancel } = interrupts;
  const readReport = async () => await reportOf((await readRecord(record.dir)) ?? record, cancel);
  await using server = await serveLive(readReport);
  say(`serving the report at ${server.url} until Ctrl-C\n`);
  await using _way = open ? await openUnseen(server.url, homeOf(process.env)) : undefined;
  await servedUntil(interrupts);
  return exitCodes.success;
}

/**
 * Opens a URL through a redirect file that only this user can read, because all users of the machine can see
 * command lines. The file is in the home, since some browsers have private temporary folders.
 * @returns a disposable that removes the file.
 */
async function openUnseen(url: string, { root }: Home): Promise<AsyncDisposable> {
  await makeFolder(root);
  const dir = mkdtempSync(join(root, 'report-'));
  const atExit = removeAtExit(dir);
  const remove = async () => {
    await rm(dir, { recursive: true, force: true });
    atExit[Symbol.dispose]();
  };
  try {
    const file = join(dir, 'report.html');
    const redirectPage = `<!doctype html><meta http-equiv="refresh" content="0; url=${url}">\n`;
    await writeFile(file, redirectPage, { mode: 0o600 });
    await (await import('./browser.ts')).openInBrowser(file);
  } catch (error) {
    await remove();
    throw error;
  }
  return { [Symbol.asyncDispose]: remove };
}
