import { sanitizeTerminal } from '../../util/sanitize-terminal.ts';
import { withoutCommands } from './github/workflow-commands.ts';
import { harmlessJson } from './json/json-text.ts';
import { sinkOf } from './sink.ts';

/*
 * The way out for what a command prints around its runs, whose lines go through a Reporter. Names and texts come from plans, from
 * archives of strangers, from command lines: nothing in them is for the terminal.
 */

/** Prints words for people on stdout, without anything that a terminal would obey. */
export function say(text: string): void {
  printData(withoutCommands(sanitizeTerminal(text)));
}

/** The same on stderr: beside a command's output, which programs may read. */
export function sayAside(text: string): void {
  printAside(withoutCommands(sanitizeTerminal(text)));
}

/** Prints on stderr for programs, as it is: commands for GitHub. */
export function printAside(text: string): void {
  if (text !== '') process.stderr.write(text);
}

/** Prints JSON on stdout, as data, and with nothing raw in it that a terminal would obey. */
export function printJson(json: string): void {
  printData(harmlessJson(json));
}

/** Prints on stdout for programs, as it is: CSV, a page, a script. */
export function printData(text: string): void {
  if (text !== '') process.stdout.write(text);
}

/**
 * The same, piece by piece, as fast as its reader takes it. Ends early where the reader has gone.
 * @param signal gives up a reader that does not read.
 */
export async function printPieces(
  pieces: AsyncIterable<string | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const sink = sinkOf(process.stdout);
  for await (const piece of pieces) {
    if (sink.gone || signal?.aborted) return;
    sink.write(piece);
    await until(sink.ready(), signal);
  }
}

async function until(ready: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (ready === undefined || signal === undefined) return await ready;
  const over = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { signal: over.signal });
  });
  await Promise.race([ready, aborted]);
  over.abort();
}
