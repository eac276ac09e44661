import { exhausted, TgError } from '../util/errors.ts';

/** Converts a system error about an exhausted resource into an expected error, since it is not a bug of tg. */
export function asExpected(error: unknown): unknown {
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')
    return new TgError('environment', 'the working directory no longer exists', {
      hint: 'Change to a folder that exists.',
      cause: error,
    });
  return exhausted(error) ?? error;
}

/** The message for an error that ends a command. */
export function reportFatalError(error: unknown): string {
  if (error instanceof TgError) return `error: ${error.describe()}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a bug in tg; please report it with these lines.\n${stack}\n`;
}
