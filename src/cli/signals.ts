import { once, setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ExitCode, exitCodes } from '../util/exit-codes.ts';
import { outletLost } from './output/outlets.ts';

/** What signals ask of a command that takes time. */
export interface Interrupts extends Disposable {
  /** The first signal: end in order. Its reason says which, in words. */
  readonly cancel: AbortSignal;
  /** The second one: end at once. */
  readonly kill: AbortSignal;
  /** The exit code of the signal that came, if one did. */
  exitCode(): ExitCode | undefined;
}

/** npm passes a Ctrl-C on to a command that got it from the terminal already: what comes so soon, in ms, counts once. */
const sameSignalWithin = 500;

const signals = {
  SIGINT: { words: 'interrupted (Ctrl-C)', code: exitCodes.interrupted },
  SIGTERM: { words: 'terminated (SIGTERM)', code: exitCodes.terminated },
  SIGHUP: { words: 'the terminal has gone (SIGHUP)', code: exitCodes.terminated },
} as const;

type Signal = keyof typeof signals;

/** The signals that tg listens to. */
const heard = (Object.keys(signals) as Signal[]).filter((name) => name !== 'SIGHUP' || !ignoresHangUp());

/** Whether tg was started to outlive its terminal (nohup). Linux says so; elsewhere it is not known. */
function ignoresHangUp(): boolean {
  try {
    const [, ignored = '0'] =
      /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** How long, in ms, a reader has after a signal to take what is written for it. */
export const farewellMs = 1_000;

/** When not to wait any longer for the reader of a pipe: at the first signal, or soon after where it has come already. */
export function endOfWaiting({ cancel, kill }: Interrupts): AbortSignal {
  if (!cancel.aborted) return cancel;
  const end = new AbortController();
  const stop = () => end.abort();
  // Not AbortSignal.timeout: what only AbortSignal.any refers to is collected as garbage (Node 20).
  setTimeout(stop, farewellMs);
  if (kill.aborted) stop();
  else kill.addEventListener('abort', stop, { once: true });
  return end.signal;
}

/** Calls back at each signal, until disposed of. */
function onSignals(callback: (name: Signal) => void): Disposable {
  for (const name of heard) process.on(name, callback);
  return {
    [Symbol.dispose]() {
      for (const name of heard) process.off(name, callback);
    },
  };
}

/** How many commands end in order when a signal comes. */
let inOrder = 0;

/**
 * Ends the process at a signal, until disposed of, unless a command has asked to end in order (`watchSignals`).
 * @param exit is given the signal's exit code.
 */
export function endAtSignals(exit: (code: ExitCode) => never): Disposable {
  const listening = onSignals((name) => {
    if (inOrder > 0) return;
    // Nothing listens any more: a second signal ends what would hold up the exit.
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
  // Every instance listens to it.
  setMaxListeners(0, kill.signal);
  let code: ExitCode | undefined;
  let first = 0;
  inOrder++;
  const listening = onSignals((name) => {
    const { words, code: itsCode } = signals[name];
    if (!cancel.signal.aborted) {
      first = performance.now();
      code = itsCode;
      cancel.abort(words);
    } else if (performance.now() - first > sameSignalWithin) {
      kill.abort(words);
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

/**
 * Waits for the end of a command that serves until a signal ends it.
 * @param ends what ends it besides: where it says what it serves cannot be written, nobody learns that.
 */
export async function servedUntil({ cancel }: Interrupts, ...ends: readonly AbortSignal[]): Promise<void> {
  const all = [cancel, outletLost, ...ends];
  if (!all.some(({ aborted }) => aborted)) await Promise.race(all.map((signal) => once(signal, 'abort')));
}
