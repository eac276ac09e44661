/**
 * What tg and its launcher say to each other: one JSON object a line, over the launcher's stdin and stdout. A request has an
 * id; what is said of it later has the same. The first line is the Run.
 */
export type Request = Start & { readonly id: number };

/** The run that a launcher works for. */
export interface Run {
  readonly runId: string;
}

/** A process to be started, in a group of its own, with its output captured in `outputs`. */
export interface Start {
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: string;
  /** A folder for pipes, where its output is to go through some. */
  readonly pipesIn: string | undefined;
}

/** A message as a line. Some who read lines take U+2028 and U+2029, which JSON leaves as they are, for the end of one. */
export function lineOf(message: Request | Run | Reply): string {
  const text = JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${text}\n`;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that was started. */
export interface StartedProcess {
  readonly pid: number;
  /** Clock ticks since boot; undefined where the system has no /proc. */
  readonly startTicks: string | undefined;
}

/** What a launcher says. */
export type Reply =
  | { readonly id: number; readonly say: 'failed'; readonly why: string }
  | { readonly id: number; readonly say: 'started'; readonly process: StartedProcess }
  | { readonly id: number; readonly say: 'exited'; readonly exit: Exit }
  /** All that came through the pipes of a process is written, or why it is not. */
  | { readonly id: number; readonly say: 'carried'; readonly why: string | undefined };
