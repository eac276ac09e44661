import { TgError } from '../util/errors.ts';

/** What names stdin in the place of a file that is read, and stdout in that of one that is written. A file of this name is `./-`. */
export const standardStream = '-';

/** How stdin is called in messages. */
export const stdinName = 'stdin';

/** An output that an option names. */
export interface NamedOutput {
  /** The option, as a person writes it. */
  readonly flag: string;
  /** Undefined where the option is not given. */
  readonly file: string | undefined;
}

/**
 * Whether stdout is taken by an output, so that words have to go to stderr.
 * @param others what else goes to stdout, an option each: `--json`.
 * @throws TgError (usage) where two outputs would go to stdout: nothing could take them apart.
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

/** @throws TgError (usage) for binary data that would go to a terminal. @param what it is: `the archive`. */
export function refuseTerminal(what: string, where: string, hint: string): void {
  if (process.stdout.isTTY)
    throw new TgError('usage', `stdout is a terminal, and ${what} is no text`, { where, hint });
}
