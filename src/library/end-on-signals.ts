/** Ends runs when the program that executes them receives a signal. */
export interface SignalWatch extends Disposable {
  /** Aborts with the signal's name in its reason. */
  readonly signal: AbortSignal;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Listens to signals until disposed of, so that runs end gracefully first. Then the signal is raised again, as if there
 * had been no listener.
 * @param listens false to leave signals to the program.
 */
export function endOnSignals(listens: boolean): SignalWatch {
  const ending = new AbortController();
  let got: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    got ??= name;
    ending.abort(`the program received ${name}`);
  };
  if (listens) for (const name of signals) process.on(name, onSignal);
  return {
    signal: ending.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, onSignal);
      // Other listeners have received the signal already.
      if (got !== undefined && process.listenerCount(got) === 0) process.kill(process.pid, got);
    },
  };
}
