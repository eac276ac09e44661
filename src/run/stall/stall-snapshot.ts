import type { InstanceId } from '../../plan/instance-id.ts';
import { rangesOf } from '../../plan/instance-ranges.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Waiting } from '../../sync/describe-waiting.ts';
import { nameOfState, nameOfTopic } from '../../sync/protocol.ts';
import type { InstanceRegistry, RunningInstance } from '../instance/instance-registry.ts';
import { judgeInstance } from '../verdict/judge-instance.ts';
import { isSdkExpected } from '../verdict/judge-run.ts';
import type { ObservationStore, Observations } from '../verdict/observations.ts';
import type { InstanceState, StallSnapshot, Wait } from './stall-record.ts';

/** At most this many barriers and topics are in a snapshot. */
const maxPlaces = 20;
/** At most this many instances are described individually. */
const maxDescribed = 10;

interface Place {
  /** The longest wait at this place. */
  waiting: Waiting;
  readonly who: InstanceId[];
}

/** An instance of a run; `one` is undefined until the instance has been started. */
interface Member {
  readonly instance: InstanceId;
  readonly one: RunningInstance | undefined;
}

type Groups = Pick<RunSpec, 'plan' | 'groups'>;

interface Seen {
  readonly registry: InstanceRegistry;
  readonly facts: ObservationStore;
  /** The groups whose artifact depends on an SDK. */
  readonly dependsOnSdk: ReadonlySet<string>;
}

/** Takes a stall snapshot of a run. */
export function takeSnapshot(spec: Groups, { registry, facts, dependsOnSdk }: Seen): StallSnapshot {
  const { groups } = spec;
  const sdks = new Map(groups.map((group) => [group.id, isSdkExpected(spec, group, facts, dependsOnSdk)]));
  const describe = (instance: InstanceId): InstanceState => {
    const { group, index } = instance;
    const text = describeInstance(
      facts.of(instance),
      registry.find(instance),
      registry,
      sdks.get(group) === true,
    );
    return { group, index, text };
  };
  const everyone = groups.flatMap(({ id, instances }) =>
    Array.from({ length: instances }, (_, index): Member => {
      const instance = { group: id, index };
      return { instance, one: registry.find(instance) };
    }),
  );
  const places = placesOf(registry);
  const waits = places.slice(0, maxPlaces).map(({ waiting, who }): Wait => {
    const missing = waiting.kind === 'topic' ? [] : missingAt(waiting.state, who, everyone);
    return {
      ...frameOf(waiting),
      waiting: rangesOf(who),
      missing: rangesOf(missing),
      absent: missing.slice(0, maxDescribed).map(describe),
    };
  });
  const busy = [...registry.running].filter(({ endpoint }) => endpoint.waiting().length === 0);
  const elsewhere = busy.map(({ instance }) => instance);
  return {
    running: registry.running.size,
    waits,
    more_waits: Math.max(0, places.length - maxPlaces),
    elsewhere: rangesOf(elsewhere),
    busy: elsewhere.slice(0, maxDescribed).map(describe),
  };
}

/** All barriers and topics that instances wait at, with those instances. */
function placesOf(registry: InstanceRegistry): Place[] {
  const places = new Map<string, Place>();
  for (const { instance, endpoint } of registry.running) {
    for (const waiting of endpoint.waiting()) {
      const key = waiting.kind === 'topic' ? waiting.topic : `${waiting.state}\0${waiting.target}`;
      const place = places.get(key) ?? { waiting, who: [] };
      places.set(key, place);
      if (waiting.forMs > place.waiting.forMs) place.waiting = waiting;
      if (place.who.at(-1) !== instance) place.who.push(instance);
    }
  }
  return [...places.values()].sort((a, b) => b.who.length - a.who.length);
}

/**
 * The instances that have not signalled a state: those that do not wait for it, or, if there are none, those that
 * do.
 */
function missingAt(state: string, who: readonly InstanceId[], everyone: readonly Member[]): InstanceId[] {
  const there = new Set(who);
  const silent = everyone.filter(({ one }) => one?.endpoint.signalsOf(state) !== 'some');
  const away = silent.filter(({ one }) => one === undefined || !there.has(one.instance));
  return (away.length > 0 ? away : silent).map(({ instance }) => instance);
}

function frameOf(waiting: Waiting) {
  const for_ms = Math.round(waiting.forMs);
  return waiting.kind === 'topic'
    ? ({
        kind: 'topic',
        name: nameOfTopic(waiting.topic),
        count: waiting.messages,
        target: null,
        for_ms,
      } as const)
    : ({
        kind: 'barrier',
        name: nameOfState(waiting.state),
        count: waiting.count,
        target: waiting.target ?? null,
        for_ms,
      } as const);
}

function describeInstance(
  facts: Observations,
  one: RunningInstance | undefined,
  { running }: InstanceRegistry,
  sdk: boolean,
): string {
  const said = facts.lastOutput === undefined ? 'no output yet' : `last output: ${facts.lastOutput}`;
  if (one === undefined)
    return facts.neverStarted === undefined
      ? 'has not been started yet'
      : `never started: ${facts.neverStarted}`;
  if (!running.has(one)) {
    if (!facts.exited) return `has just ended; ${said}`;
    const { outcome, reason } = judgeInstance(facts, sdk);
    const end = `has ended (${outcome}: ${reason})`;
    // An instance that reported its failure has said something, so `said` would be wrong.
    return facts.lastOutput === undefined ? end : `${end}; ${said}`;
  }
  return `${activityOf(one)}; ${said}`;
}

function activityOf({ handle, endpoint }: RunningInstance): string {
  if (handle.ref.kind === 'manual') return 'is started by hand';
  if (handle.isSuspended()) return 'is stopped (SIGSTOP)';
  if (!endpoint.used) return 'runs, but has not connected to the sync service';
  return endpoint.waiting().length === 0 ? 'runs' : 'waits at the sync service';
}
