import { sanitizeTerminal } from '../../util/sanitize-terminal.ts';
import { withoutCommands } from './github/workflow-commands.ts';
import { escapedJson } from './json/json-text.ts';
import { sinkOf } from './sink.ts';

/*
 * Output of commands outside of runs, whose lines go through a Reporter. Names and texts come from plans, foreign
 * archives and command lines, so control characters in them must not reach the terminal.
 */

/** Prints a message on stdout, with terminal control characters escaped. */
export function say(text: string): void {
  printData(withoutCommands(sanitizeTerminal(text)));
}

/** Prints a message on stderr, for commands whose stdout programs may read. */
export function sayAside(text: string): void {
  printAside(withoutCommands(sanitizeTerminal(text)));
}

/** Prints on stderr unchanged, for programs: GitHub's workflow commands. */
export function printAside(text: string): void {
  if (text !== '') process.stderr.write(text);
}

/** Prints JSON on stdout, escaped so that a terminal interprets nothing in it. */
export function printJson(json: string): void {
  printData(escapedJson(json));
}

/** Prints on stdout unchanged, for programs: CSV, a page, a script. */
export function printData(text: string): void {
  if (text !== '') process.stdout.write(text);
}

/**
 * Prints in pieces on stdout with backpressure. Returns early if the reader has gone.
 * @param signal stops waiting for a reader that does not read.
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
