import { asTyped } from './command-name.ts';
import { sanitizeTerminalLine } from './sanitize-terminal.ts';

/** The kind of an error; each kind has its exit code in exit-codes.ts. */
export type ErrorKind = 'usage' | 'build' | 'environment' | 'collect' | 'superseded';

interface TgErrorDetails {
  /** The location: a file with line and column, a flag, a key path. */
  readonly where?: string | undefined;
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** The problems that this error combines. */
  readonly causes?: readonly TgError[];
}

/**
 * An expected error: what happened, where, and what to do.
 * It is shown as one short message. Any other error that reaches the top is a bug and shows its stack.
 */
export class TgError extends Error {
  override readonly name = 'TgError';
  readonly kind: ErrorKind;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly causes: readonly TgError[];

  constructor(kind: ErrorKind, message: string, details: TgErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.where = details.where;
    this.hint = details.hint;
    this.causes = details.causes ?? [];
  }

  /** The whole message for the user, without a trailing newline. */
  describe(): string {
    const where = this.where === undefined ? '' : `${sanitizeTerminalLine(this.where)}: `;
    const hint = this.hint === undefined ? '' : `\n  ${this.hint.replaceAll('\n', '\n  ')}`;
    return `${where}${this.message}${hint}`;
  }
}

/** Combines several problems into one error. A single problem is returned as it is, and duplicates count once. */
export function severalProblems(problems: readonly TgError[]): TgError {
  const different = new Map(problems.map((problem) => [problem.describe(), problem]));
  const [first, ...others] = different.values();
  if (first === undefined) throw new Error('there is no problem');
  if (others.length === 0) return first;
  const each = [...different.keys()].map((text) => `- ${text.replaceAll('\n', '\n  ')}`);
  return new TgError(first.kind, `${different.size} problems:\n${each.join('\n')}`, {
    causes: [...different.values()],
  });
}

/** @throws TgError with all problems, if there are any. */
export function refuse(problems: readonly TgError[]): void {
  if (problems.length > 0) throw severalProblems(problems);
}

/** The results of several tasks, undefined for each that failed, with their problems. */
interface TaskResults<Values> {
  readonly values: Values;
  readonly problems: readonly TgError[];
}

type Results<Tasks extends readonly (() => unknown)[]> = {
  -readonly [Index in keyof Tasks]: ReturnType<Tasks[Index]>;
};

/**
 * Runs all tasks, even if some fail.
 * @throws TgError with all problems, if there were any.
 */
export function allOf<const Tasks extends readonly (() => unknown)[]>(tasks: Tasks): Results<Tasks> {
  const { values, problems } = runAll(tasks);
  refuse(problems);
  return values as Results<Tasks>;
}

/** Runs all tasks and returns their results and all problems. */
export function runAll<const Tasks extends readonly (() => unknown)[]>(
  tasks: Tasks,
): TaskResults<Partial<Results<Tasks>>> {
  const problems: TgError[] = [];
  const values = tasks.map((task) => {
    try {
      return task();
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      problems.push(...(error.causes.length > 0 ? error.causes : [error]));
      return undefined;
    }
  });
  return { values: values as Partial<Results<Tasks>>, problems };
}

/**
 * Runs a task when problems are already known that will be refused later.
 * @throws TgError that includes those problems, if the task fails.
 */
export function joining<Value>(known: readonly TgError[], task: () => Value): Value {
  const { values, problems } = runAll([task]);
  if (problems.length > 0) refuse([...known, ...problems]);
  return values[0] as Value;
}

/**
 * Runs a task whose errors include notes.
 * @throws TgError with the notes in its hint: a missing name may be a misspelt one.
 */
export function noting<Value>(notes: readonly string[], task: () => Value): Value {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof TgError) || notes.length === 0) throw error;
    const { kind, message, where, hint, causes } = error;
    const hints = [...(hint === undefined ? [] : [hint]), ...notes];
    throw new TgError(kind, message, { where, hint: hints.join('\n'), causes, cause: error });
  }
}

/** The message of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ENOENT`, …), or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

function makeRoom(): string {
  return `Free some space (${asTyped('prune')} removes old runs); what has been written so far is kept.`;
}

/** Resources that a machine may run out of, by system error code (errno(3)). */
const resources: Readonly<Record<string, { readonly what: string; readonly hint: string | (() => string) }>> =
  {
    EMFILE: {
      what: 'tg cannot open more files',
      hint: 'Raise the limit (ulimit -n), or run fewer instances.',
    },
    ENFILE: {
      what: 'this machine cannot open more files',
      hint: 'Raise fs.file-max, or run fewer instances.',
    },
    ENOSPC: {
      what: 'the disk is full',
      hint: makeRoom,
    },
    EDQUOT: {
      what: 'the disk quota is used up',
      hint: makeRoom,
    },
    EROFS: {
      what: 'the file system is read-only',
      hint: 'Set TESTGROUND_HOME or TMPDIR to a folder that you can write to.',
    },
    ENOMEM: { what: 'out of memory', hint: 'Run fewer instances.' },
    EAGAIN: {
      what: 'cannot start more processes',
      hint: 'Raise the limit (ulimit -u), or run fewer instances.',
    },
  };

/** Converts a system error for an exhausted resource to an expected error; returns undefined for any other error. */
export function exhausted(error: unknown): TgError | undefined {
  const resource = error instanceof TgError ? undefined : resources[codeOf(error) ?? ''];
  if (resource === undefined) return undefined;
  return new TgError('environment', `${resource.what}: ${messageOf(error)}`, {
    hint: typeof resource.hint === 'string' ? resource.hint : resource.hint(),
    cause: error,
  });
}

/**
 * For `.catch`: converts a system error (ENOENT, EACCES, …) to an expected one with its message; rethrows anything
 * else. An exhausted resource is always an `environment` error, whatever the kind: changing a file does not help.
 */
export function expecting(
  kind: ErrorKind,
  where: string,
  what: string,
  hint: string,
): (error: unknown) => never {
  return (cause) => {
    if (codeOf(cause) === undefined) throw cause;
    const lacking = kind === 'environment' ? undefined : exhausted(cause);
    throw lacking ?? new TgError(kind, `${what}: ${messageOf(cause)}`, { where, hint, cause });
  };
}
