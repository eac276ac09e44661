import { parseGoDuration } from '../../values/go-duration.ts';
import type { Cue, InstanceSet, Moment } from './fault.ts';
import type { FaultTable } from './fault-table.ts';
import { readSet } from './read-target.ts';

/** The keys that say what kind of moment it is. */
const momentKeys = ['at', 'every', 'state', 'topic', 'stage', 'line', 'ended'] as const;
type MomentKey = (typeof momentKeys)[number];

/** The keys that go with each kind. */
const companions: Readonly<Record<MomentKey | 'until', readonly (keyof FaultTable)[]>> = {
  at: [],
  until: ['from'],
  every: ['jitter', 'from', 'until', 'times'],
  state: ['by', 'count', 'after', 'times'],
  topic: ['value', 'by', 'count', 'after', 'times'],
  stage: ['edge', 'by', 'count', 'after', 'times'],
  line: ['by', 'count', 'after', 'times'],
  ended: ['count', 'after', 'times'],
};

/** Refuses a fault. @param what what is wrong with it, as text. */
export type Refuse = (what: string) => never;

/** Reads when a fault happens. */
export function readMoment(table: FaultTable, refuse: Refuse): Moment {
  const given = momentKeys.filter((key) => table[key] !== undefined);
  const [key = 'until'] = given;
  if (given.length > 1) refuse(`${given.join(' and ')} cannot both say when it happens`);
  if (given.length === 0 && table.until === undefined)
    refuse(`nothing says when it happens: give ${momentKeys.join(', ')}, or from and until`);
  const all: readonly (keyof FaultTable)[] = Object.values(companions).flat();
  const stray = all.find((name) => table[name] !== undefined && !companions[key].includes(name));
  if (stray !== undefined && stray !== key) refuse(`${stray} does not go with ${key}`);
  const duration = (name: DurationKey) => durationIn(table, name, refuse);
  const fromMs = duration('from') ?? 0;
  const untilMs = duration('until') ?? null;
  if (untilMs !== null && untilMs <= fromMs) refuse('until must be after from');
  switch (key) {
    case 'at':
      return { kind: 'at', atMs: duration('at') ?? 0 };
    case 'until':
      return { kind: 'between', fromMs, untilMs: untilMs ?? fromMs };
    case 'every': {
      const everyMs = duration('every') ?? 0;
      const jitterMs = duration('jitter') ?? 0;
      if (everyMs < shortest) refuse(`every must be at least ${shortest} ms`);
      if (2 * jitterMs > everyMs) refuse('jitter must be at most half of every');
      return { kind: 'every', everyMs, jitterMs, fromMs, untilMs, times: table.times ?? null };
    }
    default:
      return {
        kind: 'cue',
        cue: cueOf(key, table),
        by: setIn(table, key === 'ended' ? 'ended' : 'by', refuse),
        count: table.count ?? 1,
        times: table.times ?? 1,
        afterMs: duration('after') ?? 0,
      };
  }
}

/** A fault happens at most this often, in ms. */
const shortest = 10;

function cueOf(key: Exclude<MomentKey, 'at' | 'every'>, table: FaultTable): Cue {
  const { state = '', topic = '', stage = '', line = '', value = null, edge = 'begin' } = table;
  switch (key) {
    case 'state':
      return { on: 'state', state };
    case 'topic':
      return { on: 'topic', topic, value };
    case 'stage':
      return { on: 'stage', stage, edge };
    case 'line':
      return { on: 'line', text: line };
    case 'ended':
      return { on: 'end' };
  }
}

function setIn(table: FaultTable, key: 'by' | 'ended', refuse: Refuse): InstanceSet | null {
  const text = table[key];
  if (text === undefined) return null;
  const set = readSet(text);
  if (set === undefined || set.kind === 'cue')
    return refuse(`${key}: ${JSON.stringify(text)} names no instances`);
  return set;
}

/** The keys whose values are durations. */
type DurationKey = 'at' | 'every' | 'jitter' | 'from' | 'until' | 'after' | 'for';

/** A duration in ms. @returns undefined if it is not given. */
export function durationIn(table: FaultTable, key: DurationKey, refuse: Refuse): number | undefined {
  const text = table[key];
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) return refuse(`${key}: ${JSON.stringify(text)} is no duration, such as 5s`);
  return ms;
}
