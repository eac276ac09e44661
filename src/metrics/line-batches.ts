import { contentOf, readText, whatIsAt } from '../outputs/untrusted-file.ts';

/** A longer line is no metric: what a plan writes into such a file takes no memory. */
const longestLine = 1024 * 1024;

/**
 * The lines of a file as they come, many at a time; none of a file that is not there. A last line without its end counts.
 * @throws Error for what is no file, and the system's for one that cannot be read.
 */
export async function* lineBatches(path: string): AsyncGenerator<readonly string[]> {
  const there = whatIsAt(path);
  if (there === undefined || (there.isFile() && there.size === 0)) return;
  // What is short is read at once: to wait for it takes longer, a thousand times in a large run.
  if (there.size > longestLine) yield* streamed(path);
  else
    yield readText(path)
      .split('\n')
      .filter((line) => line !== '');
}

async function* streamed(path: string): AsyncGenerator<readonly string[]> {
  let torn = '';
  let tooLong = false;
  for await (const chunk of contentOf(path).setEncoding('utf8')) {
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
    // None, too: who reads may be told to end.
    yield lines;
  }
  if (torn !== '') yield [torn];
}
