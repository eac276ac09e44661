import { msBetween, nowMs } from '../../os/clock.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { InstanceHandle, Placement } from '../../runners/runner.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import type { Captured } from '../capture/captured.ts';
import { diskProblem } from '../capture/output-guard.ts';
import { type RunContext, stopOf } from '../context.ts';
import type { RunEvent } from '../events/events.ts';
import { lineEvent } from '../events/line-event.ts';
import type { Followed } from '../metrics/metric-forward.ts';
import type { PushedMetrics } from '../metrics/pushed-metrics.ts';
import { graceMsOf } from '../stop.ts';
import type { GroupContext } from './group-context.ts';
import type { Lives } from './lives.ts';
import { readOwnLines } from './own-lines.ts';
import { removePlace } from './remove-place.ts';

/** A running instance, with the resources that it holds until its end. */
interface Running {
  readonly instance: InstanceId;
  readonly endpoint: Endpoint;
  readonly lives: Lives;
  readonly outputs: string;
  readonly placement: Placement;
  readonly captured: Captured;
  /** Forwards its metrics; undefined if no InfluxDB is configured. */
  readonly metrics: Followed | undefined;
  readonly pushed: PushedMetrics;
}

/** Waits until an instance has ended, kills its leftovers, finalizes its outputs, and emits how it ended. */
export async function superviseInstance(run: RunContext, shared: GroupContext, its: Running): Promise<void> {
  const { instance, endpoint, lives, placement } = its;
  await using _place = { [Symbol.asyncDispose]: () => removePlace(run, instance, placement) };
  using captured = its.captured;
  using _out = shared.watcher.watch(captured.out, instanceTag(instance));
  using _err = shared.watcher.watch(captured.err, instanceTag(instance));

  const { stacksOnQuit } = shared.artifact.traits;
  const end = await lives.lastEnd(
    (handle) => waitForEnd(handle, endpoint, run, stacksOnQuit),
    (last) => ({ ...last, ending: stopOf(run.stop)?.ending ?? last.ending }),
  );
  const { handle } = lives;
  const elapsedMs = msBetween(shared.began, nowMs());
  // Kills what it has left behind in the place where it ran.
  handle.kill();
  const lost = await allFlushed(handle);
  const full = diskProblem(run.runDir);
  if (full !== undefined) run.end({ ending: 'disk-full', why: full });
  if (await captured.growing()) await handle.reap();
  await captured.putBack();
  // Started by hand without the script, the output of its SDK is only in the SDK's own file.
  if (handle.ref.kind === 'manual' && captured.out.size === 0)
    readOwnLines(its.outputs, (line) => run.emit(lineEvent(instance, 'stdout', line, shared.began)));
  const connected = endpoint.usedBySdk;
  endpoint.close();
  for (const tail of captured.tails) await shared.watcher.finish(tail);
  await its.metrics?.finish();
  await its.pushed.finish();
  const outputProblem = await captured.finalize(lost ?? full, run.mask);
  run.emit({ type: 'instance-exited', instance, ...end, outputProblem, connected, elapsedMs });
}

/** Ends what a life of an instance has left behind, and waits for its output. */
export async function settleLife(handle: InstanceHandle): Promise<void> {
  handle.kill();
  await handle.reap(true);
  await allFlushed(handle);
}

/** How long, in ms, it may take to write an instance's output, before and after its leftovers are ended. */
const flushTimeoutMs = { first: 250, last: 5_000 };

/**
 * Waits until all output of an instance is written: other processes may still hold its pipes.
 * @returns what went wrong with the output; undefined if nothing did.
 */
async function allFlushed(handle: InstanceHandle): Promise<string | undefined> {
  const flushedWithin = (ms: number) =>
    withTimeout(ms, undefined, () => handle.flushed).then(
      (why) => ({ why }),
      () => undefined,
    );
  let end = await flushedWithin(flushTimeoutMs.first);
  if (end === undefined) {
    await handle.reap();
    end = await flushedWithin(handle.flushTimeoutMs ?? flushTimeoutMs.last);
  }
  if (end === undefined) return 'its pipes stayed open, and data in them may be lost';
  return end.why === undefined ? undefined : `it could not be written (${end.why})`;
}

type End = Pick<
  Extract<RunEvent, { type: 'instance-exited' }>,
  'code' | 'signal' | 'ending' | 'waiting' | 'suspended' | 'oomKills'
>;

/** Waits until the instance has ended, and ends it when the run is stopped. */
async function waitForEnd(
  handle: InstanceHandle,
  endpoint: Endpoint,
  { stop, kill }: RunContext,
  stacksOnQuit: boolean,
): Promise<End> {
  let ending: End['ending'] = 'by-itself';
  let waiting: End['waiting'] = [];
  let suspended = false;
  const onKill = () => handle.kill();
  const onStop = () => {
    const reason = stopOf(stop);
    if (reason === undefined) return;
    ending = reason.ending;
    waiting = endpoint.waiting();
    suspended = handle.isSuspended();
    if (kill.aborted) return onKill();
    handle.stop({ graceMs: graceMsOf(reason), dumpStacks: stacksOnQuit && ending === 'timeout' });
    kill.addEventListener('abort', onKill);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop);
  const exit = await handle.exited;
  stop.removeEventListener('abort', onStop);
  kill.removeEventListener('abort', onKill);
  const { code = null, signal = null, oomKills = 0 } = exit ?? {};
  return { code, signal, oomKills, ending: exit === undefined ? 'runner-lost' : ending, waiting, suspended };
}
