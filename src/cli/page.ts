import { expecting } from '../errors.ts';
import type { Report } from '../report/data.ts';
import { pageOf } from '../report/page-file.ts';
import { writeWhole } from '../write-whole.ts';

/**
 * Writes a page, and says where.
 * @param file `-` for stdout, and no word.
 * @throws TgError (environment) where it cannot be written.
 */
export async function writePage(report: Report, file: string): Promise<void> {
  const page = await pageOf(report);
  if (file === '-') {
    process.stdout.write(page);
    return;
  }
  await writeWhole(file, page).catch(
    expecting('environment', file, 'the report cannot be written there', 'Name a file that you may write.'),
  );
  process.stdout.write(`created file: ${file}\n`);
}
