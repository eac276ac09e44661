import { startWatchdog, type Watchdog } from '../../os/watchdog.ts';

/** Watches over the processes of a run in case tg dies. @param warn called if the watchdog itself fails. */
export function watchProcesses(runId: string, warn: (text: string) => void): Watchdog {
  return startWatchdog({ mark: `TEST_RUN=${runId}` }, warn);
}
