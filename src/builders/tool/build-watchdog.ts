import type { Home } from '../../os/home.ts';
import { startWatchdog, type Watchdog } from '../../os/watchdog.ts';
import { buildMark } from './build-mark.ts';

/**
 * Watches over the tools of a build in case tg dies.
 * @param id of the build, with which its tools are marked.
 * @param warn called if the watchdog itself fails.
 */
export function watchBuild(id: string, { work }: Home, warn: (text: string) => void): Watchdog {
  return startWatchdog({ mark: `${buildMark}=${id}`, work }, warn);
}
