import { TgError } from '../util/errors.ts';

/** The argument for stdin as an input and for stdout as an output. A file of this name is `./-`. */
export const standardStream = '-';

/** The name of stdin in messages. */
export const stdinName = 'stdin';

/** An output given by an option. */
export interface NamedOutput {
  /** The option as written on the command line. */
  readonly flag: string;
  /** Undefined if the option is not given. */
  readonly file: string | undefined;
}

/**
 * Whether an output claims stdout, so that messages go to stderr.
 * @param others further options that write to stdout: `--json`.
 * @throws TgError (usage) if two outputs claim stdout.
 */
export function takesStdout(outputs: readonly NamedOutput[], others: readonly string[] = []): boolean {
  const named = outputs.filter(({ file }) => file === standardStream).map(({ flag }) => `${flag} -`);
  if (named.length > 0 && named.length + others.length > 1) {
    throw new TgError('usage', 'stdout takes one output', {
      where: [...named, ...others].join(', '),
      hint: 'Name a file for each of the others.',
    });
  }
  return named.length > 0;
}

/**
 * @throws TgError (usage) for binary data that would be written to a terminal. @param what the data in words: `the
 * archive`.
 */
export function refuseTerminal(what: string, where: string, hint: string): void {
  if (process.stdout.isTTY)
    throw new TgError('usage', `stdout is a terminal, and ${what} is binary`, { where, hint });
}
