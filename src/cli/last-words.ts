import { codeOf, messageOf, TgError } from '../errors.ts';

/** What a machine may run out of, by the code of the system's error (errno(3)). */
const resources: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  EMFILE: { what: 'tg may open no more files', hint: 'Raise the limit (ulimit -n), or run fewer instances.' },
  ENFILE: {
    what: 'no more files may be open on this machine',
    hint: 'Raise fs.file-max, or run fewer instances.',
  },
  ENOSPC: {
    what: 'the disk is full',
    hint: 'Make room (tg prune removes old runs); what was kept until now is kept.',
  },
  EDQUOT: {
    what: 'the disk quota is used up',
    hint: 'Make room (tg prune removes old runs); what was kept until now is kept.',
  },
  EROFS: {
    what: 'the file system is read-only',
    hint: 'Set TESTGROUND_HOME or TMPDIR to a folder that you may write.',
  },
  ENOMEM: { what: 'there is no more memory', hint: 'Run fewer instances.' },
  EAGAIN: {
    what: 'no more processes may be started',
    hint: 'Raise the limit (ulimit -u), or run fewer instances.',
  },
};

/** An error as it is expected: one of the system that says what the machine ran out of is no bug of tg's. */
export function asExpected(error: unknown): unknown {
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')
    return new TgError('environment', 'the working directory is gone, and this needs one', {
      hint: 'Change into a folder that is there.',
      cause: error,
    });
  const resource = resources[codeOf(error) ?? ''];
  if (error instanceof TgError || resource === undefined) return error;
  return new TgError('environment', `${resource.what}: ${messageOf(error)}`, {
    hint: resource.hint,
    cause: error,
  });
}

/** The last words about an error that ends a command. */
export function lastWords(error: unknown): string {
  if (error instanceof TgError) return `error: ${error.describe()}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a bug in tg; please report it with these lines.\n${stack}\n`;
}
