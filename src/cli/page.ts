import { writeFile } from 'node:fs/promises';
import { expecting } from '../errors.ts';
import type { Report } from '../report/data.ts';
import { pageOf } from '../report/page-file.ts';
import { asWhole, whereItLeads } from '../whole-file.ts';

/**
 * Writes a page, whole or not at all, and says where. A link keeps leading where it leads; a pipe or a device is written to as it is.
 * @param file `-` for stdout, and no word.
 * @throws TgError (environment) where it cannot be written.
 */
export async function writePage(report: Report, file: string): Promise<void> {
  const page = await pageOf(report);
  if (file === '-') {
    process.stdout.write(page);
    return;
  }
  await write(file, page).catch(
    expecting('environment', file, 'the report cannot be written there', 'Name a file that you may write.'),
  );
  process.stdout.write(`created file: ${file}\n`);
}

async function write(file: string, page: string): Promise<void> {
  const { target, there } = await whereItLeads(file);
  if (there !== undefined && !there.isFile()) await writeFile(target, page);
  else await asWhole(target, async (partial) => await writeFile(partial, page, { flag: 'wx' }));
}
