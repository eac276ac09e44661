import { instanceTag } from '../plan/instance-id.ts';
import type { RunEvent } from '../run/events/events.ts';
import { signalGroup } from '../runners/process/process-group.ts';

/** Makes sure that no instance outlives the program that runs it. */
export interface Guard extends Disposable {
  /** Aborts when the program receives a signal, so that the run ends gracefully first. */
  readonly signal: AbortSignal;
  learn(event: RunEvent): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Guards runs until disposed of. A signal ends the runs gracefully and is then raised again, as if there had been
 * no listener. If the program exits meanwhile, its instances are killed.
 * @param listens whether to listen to signals.
 */
export function guardRuns(listens: boolean): Guard {
  const ending = new AbortController();
  const running = new Map<string, number>();
  let got: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    got ??= name;
    ending.abort(`the program received ${name}`);
  };
  const onExit = () => {
    for (const pid of running.values()) signalGroup(pid, 'SIGKILL');
  };
  if (listens) for (const name of signals) process.on(name, onSignal);
  process.on('exit', onExit);
  return {
    signal: ending.signal,
    learn(event) {
      if (event.type === 'instance-started' && event.ref.kind === 'process')
        running.set(instanceTag(event.instance), Number(event.ref.id));
      if (event.type === 'instance-exited') running.delete(instanceTag(event.instance));
    },
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, onSignal);
      process.off('exit', onExit);
      // Other listeners have received the signal already.
      if (got !== undefined && process.listenerCount(got) === 0) process.kill(process.pid, got);
    },
  };
}
