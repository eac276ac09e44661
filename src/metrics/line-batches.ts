import { contentOf, readText, whatIsAt } from '../outputs/untrusted-file.ts';

/** A longer line is not a metric; it is skipped, so that a plan cannot exhaust memory through such a file. */
const longestLine = 1024 * 1024;

/**
 * Yields the lines of a file in batches; nothing if the file does not exist. An unterminated last line counts.
 * @throws Error for anything that is not a file, and the system's error for an unreadable one.
 */
export async function* lineBatches(path: string): AsyncGenerator<readonly string[]> {
  const there = whatIsAt(path);
  if (there === undefined || (there.isFile() && there.size === 0)) return;
  // Small files are read at once: waiting takes longer, a thousand times in a large run.
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
    // Even an empty batch, so that the consumer can abort.
    yield lines;
  }
  if (torn !== '') yield [torn];
}
