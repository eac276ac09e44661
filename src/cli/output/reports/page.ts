import type { Report } from '../../../report/data.ts';
import { pageOf } from '../../../report/page-file.ts';
import { writeOutputFile } from '../../flags/output-file.ts';
import { standardStream } from '../../standard-streams.ts';
import { say } from '../say.ts';

/**
 * Writes a page, whole or not at all, and says where. A link keeps leading where it leads; a pipe or a device is written to as it is.
 * @param file `-` for stdout, and no word.
 * @throws TgError (environment) where it cannot be written.
 */
export async function writePage(report: Report, file: string): Promise<void> {
  const page = await pageOf(report);
  await writeOutputFile(file, page, 'the report');
  if (file !== standardStream) say(`created file: ${file}\n`);
}
