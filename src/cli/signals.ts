import { once, setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ExitCode, exitCodes } from '../util/exit-codes.ts';
import { streamLost } from './output/stream-errors.ts';

/** The signals received by a long-running command. */
export interface Interrupts extends Disposable {
  /** Aborts at the first signal, to end gracefully. Its reason names the signal. */
  readonly cancel: AbortSignal;
  /** Aborts at the second signal, to end immediately. */
  readonly kill: AbortSignal;
  /** The exit code for the received signal, if any. */
  exitCode(): ExitCode | undefined;
}

/**
 * npm forwards a Ctrl-C that the command has received from the terminal already: signals within this time, in ms,
 * count once.
 */
const sameSignalWithin = 500;

const signals = {
  SIGINT: { text: 'interrupted (Ctrl-C)', code: exitCodes.interrupted },
  SIGTERM: { text: 'terminated (SIGTERM)', code: exitCodes.terminated },
  SIGHUP: { text: 'the terminal was closed (SIGHUP)', code: exitCodes.terminated },
} as const;

type Signal = keyof typeof signals;

/** The signals that tg handles. */
const heard = (Object.keys(signals) as Signal[]).filter((name) => name !== 'SIGHUP' || !ignoresHangUp());

/** Whether tg was started to outlive its terminal (nohup). Known on Linux only. */
function ignoresHangUp(): boolean {
  try {
    const [, ignored = '0'] =
      /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** How long, in ms, a reader has after a signal to read pending output. */
export const exitTimeoutMs = 1_000;

/**
 * Aborts when tg should stop waiting for the reader of a pipe: at the first signal, or shortly after if it was
 * received already.
 */
export function endOfWaiting({ cancel, kill }: Interrupts): AbortSignal {
  if (!cancel.aborted) return cancel;
  const end = new AbortController();
  const stop = () => end.abort();
  // Not AbortSignal.timeout: Node 20 garbage-collects a signal that only AbortSignal.any refers to.
  setTimeout(stop, exitTimeoutMs);
  if (kill.aborted) stop();
  else kill.addEventListener('abort', stop, { once: true });
  return end.signal;
}

/** Calls back on each signal, until disposed of. */
function onSignals(callback: (name: Signal) => void): Disposable {
  for (const name of heard) process.on(name, callback);
  return {
    [Symbol.dispose]() {
      for (const name of heard) process.off(name, callback);
    },
  };
}

/** The number of commands that end gracefully at a signal. */
let inOrder = 0;

/**
 * Ends the process at a signal, until disposed of, unless a command handles signals itself (`watchSignals`).
 * @param exit receives the signal's exit code.
 */
export function endAtSignals(exit: (code: ExitCode) => never): Disposable {
  const listening = onSignals((name) => {
    if (inOrder > 0) return;
    // Without listeners, a second signal ends the process if the exit hangs.
    listening[Symbol.dispose]();
    exit(signals[name].code);
  });
  return listening;
}

/** Resolves at the first signal. */
export function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    const listening = onSignals(() => {
      listening[Symbol.dispose]();
      resolve();
    });
  });
}

/** Listens for signals until disposed of. */
export function watchSignals(): Interrupts {
  const cancel = new AbortController();
  const kill = new AbortController();
  // Every instance adds a listener.
  setMaxListeners(0, kill.signal);
  let code: ExitCode | undefined;
  let first = 0;
  inOrder++;
  const listening = onSignals((name) => {
    const { text, code: itsCode } = signals[name];
    if (!cancel.signal.aborted) {
      first = performance.now();
      code = itsCode;
      cancel.abort(text);
    } else if (performance.now() - first > sameSignalWithin) {
      kill.abort(text);
    }
  });
  return {
    cancel: cancel.signal,
    kill: kill.signal,
    exitCode: () => code,
    [Symbol.dispose]() {
      inOrder--;
      listening[Symbol.dispose]();
    },
  };
}

/** Leaves Ctrl-C to a program at this terminal, and calls back on each other signal, until disposed of. */
export function leaveInterrupts(onEnd: () => void): Disposable & Pick<Interrupts, 'exitCode'> {
  inOrder++;
  let last: Signal | undefined;
  const listening = onSignals((name) => {
    if (name === 'SIGINT') return;
    last = name;
    onEnd();
  });
  return {
    exitCode: () => last && signals[last].code,
    [Symbol.dispose]() {
      inOrder--;
      listening[Symbol.dispose]();
    },
  };
}

/**
 * Waits until a signal ends a command that serves.
 * @param ends further signals that end it, for instance if the address of the service cannot be printed.
 */
export async function servedUntil({ cancel }: Interrupts, ...ends: readonly AbortSignal[]): Promise<void> {
  const all = [cancel, streamLost, ...ends];
  if (!all.some(({ aborted }) => aborted)) await Promise.race(all.map((signal) => once(signal, 'abort')));
}
