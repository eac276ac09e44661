/**
 * A message from tg to its launcher. Both sides exchange one JSON object per line over the launcher's stdin and
 * stdout. A request has an ID, and replies to it have the same. The first line is a Run.
 */
export type Request = Start & { readonly id: number };

/** Another request, which only some launchers carry out. */
export interface Ask {
  readonly ask: string;
}

/** Asks whether a launcher still answers. */
export const ping: Ask = { ask: 'ping' };

/** The run that a launcher serves. */
export interface Run {
  readonly runId: string;
}

/** Starts a process in its own process group, with its output appended to two files. */
export interface Start {
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly stderr: string;
  /** A folder for pipes, if its output goes through pipes. */
  readonly pipesIn: string | undefined;
  /** The number of the place in which it runs, if the launcher has places. */
  readonly place?: number;
}

/**
 * Formats a message as a line. Escapes U+2028 and U+2029, which JSON leaves as they are and some readers take for
 * line ends.
 */
export function lineOf(message: Request | (Ask & { readonly id: number }) | Run | Reply): string {
  const text = JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${text}\n`;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started process. */
export interface StartedProcess {
  readonly pid: number;
  /** Clock ticks since boot; undefined where the system has no /proc. */
  readonly startTicks: string | undefined;
}

/** A message from the launcher to tg. */
export type Reply =
  | { readonly id: number; readonly say: 'failed'; readonly why: string }
  | { readonly id: number; readonly say: 'answered'; readonly answer?: unknown }
  /** What all instances run on is lost; the ID is 0. */
  | { readonly id: number; readonly say: 'lost'; readonly why: string }
  | { readonly id: number; readonly say: 'started'; readonly process: StartedProcess }
  | { readonly id: number; readonly say: 'exited'; readonly exit: Exit }
  /** All output from a process's pipes is written, or `why` it is not. */
  | { readonly id: number; readonly say: 'flushed'; readonly why: string | undefined };
