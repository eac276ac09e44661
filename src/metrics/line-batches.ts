import { createReadStream, readFileSync, statSync } from 'node:fs';

/** A longer line is no metric: what a plan writes into such a file takes no memory. */
const longestLine = 1024 * 1024;

/** The lines of a file as they come, many at a time; none of a file that is not there. A last line without its end counts. */
export async function* lineBatches(path: string): AsyncGenerator<readonly string[]> {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  // What is short is read at once: to wait for it takes longer, a thousand times in a large run.
  if (size > longestLine) yield* streamed(path);
  else
    yield readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
}

async function* streamed(path: string): AsyncGenerator<readonly string[]> {
  let torn = '';
  let tooLong = false;
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (torn + (chunk as string)).split('\n');
    torn = lines.pop() ?? '';
    if (tooLong && lines.length > 0) {
      lines.shift();
      tooLong = false;
    }
    if (torn.length > longestLine || tooLong) {
      torn = '';
      tooLong = true;
    }
    if (lines.length > 0) yield lines;
  }
  if (torn !== '') yield [torn];
}
