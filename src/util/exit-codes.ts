import { type ErrorKind, TgError } from './errors.ts';

/** Every exit status of `tg`. docs/cli.md shows this table; a test keeps the two in sync. */
export const exitCodes = {
  /** The run passed, or the command succeeded. */
  success: 0,
  /** A run failed. Takes precedence over a failed collect. */
  runFailed: 1,
  /** Invalid usage or configuration; nothing was started. */
  usage: 2,
  /** The run is unknown, or its archive could not be written. */
  collectFailed: 3,
  /** The plan did not build. */
  buildFailed: 4,
  /** Something that tg needs is missing or was lost: a Redis, a program, a port. */
  environment: 5,
  /** No instance failed, but not all reported success. */
  unknown: 6,
  /** The run was ended by its timeout. */
  timedOut: 7,
  /** A bug in tg. */
  bug: 70,
  /** Ended by SIGINT (Ctrl-C). */
  interrupted: 130,
  /** Ended by SIGTERM, or by a newer run of its repository and branch. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codeOfKind: Record<ErrorKind, ExitCode> = {
  usage: exitCodes.usage,
  build: exitCodes.buildFailed,
  environment: exitCodes.environment,
  collect: exitCodes.collectFailed,
  superseded: exitCodes.terminated,
};

/** Exit codes from best to worst: for several runs and other tasks of one command, the worst counts. */
const fromBest: readonly ExitCode[] = [
  exitCodes.success,
  exitCodes.collectFailed,
  exitCodes.unknown,
  exitCodes.interrupted,
  exitCodes.terminated,
  exitCodes.usage,
  exitCodes.environment,
  exitCodes.buildFailed,
  exitCodes.timedOut,
  exitCodes.runFailed,
  exitCodes.bug,
];

/** The worst of some exit codes; success if there are none. */
export function worstCode(codes: Iterable<ExitCode>): ExitCode {
  let worst: ExitCode = exitCodes.success;
  for (const code of codes) if (fromBest.indexOf(code) > fromBest.indexOf(worst)) worst = code;
  return worst;
}

/** The exit code for a thrown value: a TgError's own, otherwise that of a bug. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return thrown instanceof TgError ? codeOfKind[thrown.kind] : exitCodes.bug;
}

/** The code for scripts written for `testground`: 6 and 7 are plain failures there. */
export function asTestground(code: ExitCode): ExitCode {
  return code === exitCodes.unknown || code === exitCodes.timedOut ? exitCodes.runFailed : code;
}
