import type { GroupSpec } from '../../plan/run-spec.ts';
import type { Waiting } from '../../sync/describe-waiting.ts';
import { nameOfState } from '../../sync/protocol.ts';
import type { RunContext } from '../context.ts';
import type { InstanceRegistry } from '../instance/instance-registry.ts';
import { compareWithExpected } from '../verdict/expected.ts';
import { judgeInstance } from '../verdict/judge-instance.ts';
import { isSdkExpected } from '../verdict/judge-run.ts';
import { hasPassed } from '../verdict/outcomes.ts';
import type { BarrierProgress, GroupProgress, Progress } from './progress.ts';
import { UsageMeter } from './usage-meter.ts';

/** At most this many barriers are shown. */
const maxBarriers = 12;
/** The minimum time between measurements of usage, in ms. */
const usageEveryMs = 1_000;
/** How often, in ms, progress is reported. */
const pollIntervalMs = 200;

type AtBarrier = Extract<Waiting, { kind: 'barrier' }>;
type Watched = Pick<RunContext, 'spec' | 'facts' | 'dependsOnSdk' | 'mask' | 'session'> & {
  readonly registry: InstanceRegistry;
};

/** Reports a run's progress repeatedly, until disposed of. */
export function watchProgress(watched: Watched, report: (progress: Progress) => void): Disposable {
  const meter = new UsageMeter(watched.session.processors, usageEveryMs);
  const poll = () => {
    const handles = [...watched.registry.running].map(({ handle }) => handle);
    report({ ...progressOf(watched), usage: meter.read(handles) });
  };
  const timer = setInterval(poll, pollIntervalMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function progressOf({ spec, registry, facts, dependsOnSdk, mask }: Watched): Omit<Progress, 'usage'> {
  const barriers = new Map<string, { barrier: BarrierProgress; of: Map<string, number> }>();
  const waiting = new Map<string, number>();
  const running = new Map<string, number>();
  for (const { instance, endpoint } of registry.running) {
    const at = endpoint.waiting().filter((one) => one.kind === 'barrier');
    for (const one of at) addTo(barriers, one, instance.group);
    const counts = at.length > 0 ? waiting : running;
    counts.set(instance.group, (counts.get(instance.group) ?? 0) + 1);
  }
  const busiest = new Map<string, { readonly state: string; readonly count: number }>();
  for (const { barrier, of } of barriers.values()) {
    for (const [group, count] of of)
      if (count > (busiest.get(group)?.count ?? 0)) busiest.set(group, { state: barrier.state, count });
  }
  // Only displayed names are masked: there may be thousands of barriers.
  const named = (state: string) => mask.text(nameOfState(state));
  const groups = spec.groups.map((group): GroupProgress => {
    const { id } = group;
    const sdk = isSdkExpected(spec, group, facts, dependsOnSdk);
    const { ok, failed, starting } = endsOf(group, sdk, { registry, facts });
    const at = busiest.get(id)?.state;
    return {
      id,
      starting,
      running: running.get(id) ?? 0,
      waiting: waiting.get(id) ?? 0,
      ok,
      failed,
      at: at && named(at),
    };
  });
  const inOrder = [...barriers.values()].sort((a, b) => b.barrier.waiting - a.barrier.waiting);
  const shown = inOrder.slice(0, maxBarriers).map(({ barrier }) => barrier);
  return { groups, barriers: shown.map((barrier) => ({ ...barrier, state: named(barrier.state) })) };
}

function addTo(
  barriers: Map<string, { barrier: BarrierProgress; of: Map<string, number> }>,
  { state, target, count, forMs }: AtBarrier,
  group: string,
): void {
  const place = `${state}\0${target}`;
  const known = barriers.get(place);
  const of = known?.of ?? new Map<string, number>();
  of.set(group, (of.get(group) ?? 0) + 1);
  const before = known?.barrier;
  const barrier = {
    ...{ state, target, count: Math.max(count, before?.count ?? 0) },
    ...{ waiting: (before?.waiting ?? 0) + 1, forMs: Math.max(forMs, before?.forMs ?? 0) },
  };
  barriers.set(place, { barrier, of });
}

/**
 * Counts the instances of a group that passed, failed or have not started.
 * @param sdk whether instances must report success through an SDK.
 */
function endsOf(
  { id, instances, expect }: GroupSpec,
  sdk: boolean,
  { registry, facts }: Pick<Watched, 'registry' | 'facts'>,
) {
  let [ok, failed, starting] = [0, 0, 0];
  for (let index = 0; index < instances; index++) {
    const instance = { group: id, index };
    const seen = facts.of(instance);
    if (seen.exited || seen.neverStarted !== undefined) {
      const { outcome } = compareWithExpected(expect, seen, judgeInstance(seen, sdk));
      if (hasPassed(outcome)) ok++;
      else failed++;
    } else if (registry.find(instance) === undefined) starting++;
  }
  return { ok, failed, starting };
}
