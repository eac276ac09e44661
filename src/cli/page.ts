import type { Report } from '../report/data.ts';
import { pageOf } from '../report/page-file.ts';
import { printData, say } from './output/say.ts';
import { writeOutputFile } from './output-file.ts';

/**
 * Writes a page, whole or not at all, and says where. A link keeps leading where it leads; a pipe or a device is written to as it is.
 * @param file `-` for stdout, and no word.
 * @throws TgError (environment) where it cannot be written.
 */
export async function writePage(report: Report, file: string): Promise<void> {
  const page = await pageOf(report);
  if (file === '-') {
    printData(page);
    return;
  }
  await writeOutputFile(file, page, 'the report');
  say(`created file: ${file}\n`);
}
