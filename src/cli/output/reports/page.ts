import type { Report } from '../../../report/data.ts';
import { pageOf } from '../../../report/page-file.ts';
import { writeOutputFile } from '../../flags/output-file.ts';
import { standardStream } from '../../standard-streams.ts';
import { say } from '../say.ts';

/**
 * Writes a page atomically and reports its location. Links are followed and kept; pipes and devices are written to
 * directly.
 * @param file `-` for stdout, without a message.
 * @throws TgError (environment) if the file cannot be written.
 */
export async function writePage(report: Report, file: string): Promise<void> {
  const page = await pageOf(report);
  await writeOutputFile(file, page, 'the report');
  if (file !== standardStream) say(`created file: ${file}\n`);
}
