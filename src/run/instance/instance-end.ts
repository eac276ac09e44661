import { msBetween, nowMs } from '../../os/clock.ts';
import { endLeftovers } from '../../os/leftovers.ts';
import { isSuspended } from '../../os/process-id.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import type { RunEvent } from '../events/events.ts';
import { lineEvent } from '../events/line-event.ts';
import { oomKills } from '../machine/oom.ts';
import { diskProblem } from '../machine/output-guard.ts';
import type { Followed } from '../metric-forward.ts';
import { type RunContext, stopOf } from '../runner.ts';
import type { Captured } from './captured.ts';
import type { Child } from './child.ts';
import type { GroupContext } from './group-context.ts';
import { tellOwnLines } from './manual.ts';
import type { PushedMetrics } from './pushed-metrics.ts';
import type { RunningInstance } from './registry.ts';
import { type Place, removePlace } from './workplace.ts';

/** A running instance. */
interface Running {
  readonly enlisted: RunningInstance;
  readonly place: Place;
  readonly door: Endpoint;
  readonly child: Child;
  readonly captured: Captured;
  /** Forwards its metrics; undefined if no InfluxDB is configured. */
  readonly metrics: Followed | undefined;
  readonly pushed: PushedMetrics;
}

/** Waits until an instance has ended, kills its leftovers, finalizes its outputs, and emits how it ended. */
export async function seeToItsEnd(run: RunContext, shared: GroupContext, running: Running): Promise<void> {
  const { enlisted, place, door, child } = running;
  const { outputs } = place;
  const { instance } = enlisted;
  using captured = running.captured;
  using _out = shared.watcher.watch(captured.out);
  using _err = shared.watcher.watch(captured.err);

  const end = await waitForEnd(child, door, run, shared.artifact.traits.stacksOnQuit);
  shared.roster.ended(enlisted);
  const killed = end.signal === 'SIGKILL' ? (oomKills() ?? 0) - shared.oomKills : 0;
  const elapsedMs = msBetween(shared.began, nowMs());
  // Kills the leftovers in its process group.
  child.kill();
  const endLeftBehind = () => endLeftovers(`TEST_OUTPUTS_PATH=${outputs}`);
  const lost = await allCarried(child, endLeftBehind);
  const full = diskProblem(run.runDir);
  if (full !== undefined) run.end({ ending: 'disk-full', why: full });
  if (await captured.growing()) await endLeftBehind();
  await captured.putBack();
  // Started without the script, the output of its SDK is only in the SDK's own file.
  if (child.pid === undefined && captured.out.size === 0)
    tellOwnLines(outputs, (line) => run.emit(lineEvent(instance, 'stdout', line, shared.began)));
  const connected = door.usedBySdk;
  door.close();
  for (const tail of captured.tails) await shared.watcher.finish(tail);
  await running.metrics?.finish();
  await running.pushed.finish();
  const outputProblem = await captured.settle(lost ?? full, run.mask);
  run.emit({
    type: 'instance-exited',
    instance,
    ...end,
    outputProblem,
    oomKills: killed,
    connected,
    elapsedMs,
  });
  await removePlace(place);
}

/** How long, in ms, it may take to drain an instance's pipes, before and after its leftovers are ended. */
const carryPatience = { first: 250, last: 5_000 };

/**
 * Waits until all output of an instance is written, which is when the last holder of its pipes has ended.
 * @param endHolders ends the leftovers that hold a pipe.
 * @returns what went wrong with the output; undefined if nothing did.
 */
async function allCarried(
  { carried }: Child,
  endHolders: () => Promise<unknown>,
): Promise<string | undefined> {
  const carriedWithin = (ms: number) =>
    withTimeout(ms, undefined, () => carried).then(
      (why) => ({ why }),
      () => undefined,
    );
  let end = await carriedWithin(carryPatience.first);
  if (end === undefined) {
    await endHolders();
    end = await carriedWithin(carryPatience.last);
  }
  if (end === undefined) return 'its pipes stayed open, and data in them may be lost';
  return end.why === undefined ? undefined : `it could not be written (${end.why})`;
}

type End = Pick<
  Extract<RunEvent, { type: 'instance-exited' }>,
  'code' | 'signal' | 'ending' | 'waiting' | 'suspended'
>;

/** Waits until the process has ended, and ends it when the run is stopped. */
async function waitForEnd(child: Child, door: Endpoint, run: RunContext, stacks: boolean): Promise<End> {
  let ending: End['ending'] = 'by-itself';
  let waiting: End['waiting'] = [];
  let suspended = false;
  let ended = () => {};
  const onStop = () => {
    const stop = stopOf(run.stop);
    if (stop === undefined) return;
    ending = stop.ending;
    waiting = door.waiting();
    suspended = child.pid !== undefined && isSuspended(child.pid);
    ended = child.end(stop.ending, run.kill, stacks && stop.ending === 'timeout');
  };
  if (run.stop.aborted) onStop();
  else run.stop.addEventListener('abort', onStop);
  const exit = await child.exited;
  run.stop.removeEventListener('abort', onStop);
  ended();
  if (exit === undefined) return { code: null, signal: null, ending: 'launcher-lost', waiting, suspended };
  return { ...exit, ending, waiting, suspended };
}
