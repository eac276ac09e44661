import { setMaxListeners } from 'node:events';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

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

/** Listens for signals until disposed of. */
export function watchSignals(): Interrupts {
  const cancel = new AbortController();
  const kill = new AbortController();
  // Every instance listens to it.
  setMaxListeners(0, kill.signal);
  let code: ExitCode | undefined;
  let first = 0;
  const onSignal = (name: NodeJS.Signals) => {
    const { words, code: itsCode } = signals[name as keyof typeof signals];
    if (!cancel.signal.aborted) {
      first = performance.now();
      code = itsCode;
      cancel.abort(words);
    } else if (performance.now() - first > sameSignalWithin) {
      kill.abort(words);
    }
  };
  for (const name of Object.keys(signals)) process.on(name, onSignal);
  return {
    cancel: cancel.signal,
    kill: kill.signal,
    exitCode: () => code,
    [Symbol.dispose]() {
      for (const name of Object.keys(signals)) process.off(name, onSignal);
    },
  };
}
