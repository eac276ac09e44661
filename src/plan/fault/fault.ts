/** What a fault does to the processes of its targets. */
export const processKinds = ['kill', 'stop', 'restart', 'pause'] as const;
export type ProcessKind = (typeof processKinds)[number];

/** What a fault does to the network between its targets and others, for a while. */
const pathKinds = ['partition', 'disconnect', 'slow', 'lossy'] as const;

/** What a fault does to the network of its targets. */
export const networkKinds = [...pathKinds, 'nat-reset'] as const;

/** What a fault does to its targets. */
export const faultKinds = [...processKinds, ...networkKinds] as const;

/**
 * `kill`: SIGKILL. `stop`: SIGTERM, and SIGKILL after a grace period. `restart`: SIGKILL, and it is started again when
 * the fault is over. `pause`: its processes do nothing until the fault is over. `partition`: the targets and the others
 * of their set do not reach each other. `disconnect`: the targets and all others do not. `slow`, `lossy`: what is between
 * the targets and all others has other settings. `nat-reset`: the NATs of the targets forget what has passed.
 */
export type FaultKind = (typeof faultKinds)[number];

/** The kinds that are over at some time; the others happen once. */
export const lastingKinds: readonly FaultKind[] = ['restart', 'pause', ...pathKinds];

/** The kinds that end their targets, at least for a while. */
export const endingKinds: readonly FaultKind[] = ['kill', 'stop', 'restart'];

/** Some instances, known when a fault begins. */
export type InstanceSet =
  | { readonly kind: 'all' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'instance'; readonly group: string; readonly index: number }
  /** Those that have signalled a state. */
  | { readonly kind: 'signalled'; readonly state: string }
  /** The one that signalled a state first. */
  | { readonly kind: 'first'; readonly state: string }
  /** The one that gave the cue. */
  | { readonly kind: 'cue' };

/** The names of shares of a set. `minority` and `majority` are the largest and the smallest that are one. */
export const shareNames = ['one', 'minority', 'majority', 'half'] as const;

/** Whom a fault hits: a whole set, or some of it by chance. */
export interface FaultTarget {
  readonly pick: 'all' | (typeof shareNames)[number] | number;
  readonly of: InstanceSet;
}

/** What a fault waits for. */
export type Cue =
  | { readonly on: 'state'; readonly state: string }
  /** A message, which has at least what `value` has, in JSON; null for any message. */
  | { readonly on: 'topic'; readonly topic: string; readonly value: unknown }
  | { readonly on: 'stage'; readonly stage: string; readonly edge: 'begin' | 'end' }
  /** A line that contains a text. */
  | { readonly on: 'line'; readonly text: string }
  | { readonly on: 'end' };

/** When a fault happens, in ms since all instances were started. */
export type Moment =
  | { readonly kind: 'at'; readonly atMs: number }
  /** Once, at a time by chance. */
  | { readonly kind: 'between'; readonly fromMs: number; readonly untilMs: number }
  /** Again and again, each time up to `jitterMs` earlier or later. */
  | {
      readonly kind: 'every';
      readonly everyMs: number;
      readonly jitterMs: number;
      readonly fromMs: number;
      /** Null for as long as the run lasts. */
      readonly untilMs: number | null;
      /** Null for no limit. */
      readonly times: number | null;
    }
  /** At the `count`th time that a cue comes, and `times - 1` times after that. */
  | {
      readonly kind: 'cue';
      readonly cue: Cue;
      /** Whose cues count; null for those of all. */
      readonly by: InstanceSet | null;
      readonly count: number;
      readonly times: number;
      readonly afterMs: number;
    };

/** Whether a run has faults of the network. */
export function hasNetworkFaults({ faults }: { readonly faults: readonly FaultSpec[] }): boolean {
  return faults.some(({ network }) => network !== null);
}

/** How a partition divides a set. */
export const layouts = ['split', 'ring', 'bridge'] as const;

/**
 * `split`: the targets from the others of the set. `ring`: each reaches its two neighbours only. `bridge`: two halves, and
 * one that reaches both.
 */
export type Layout = (typeof layouts)[number];

/** Which packets a fault hits: those from the targets, those to them, or both. */
export const directions = ['both', 'out', 'in'] as const;
export type Direction = (typeof directions)[number];

/** What a fault does to a network. */
export interface NetworkEffect {
  readonly layout: Layout;
  readonly direction: Direction;
  /** Settings, as in `latency=200ms,jitter=20ms`; null if packets are dropped. */
  readonly link: string | null;
}

/** A fault that a run injects. */
export interface FaultSpec {
  readonly kind: FaultKind;
  /** Null for a fault of processes. */
  readonly network: NetworkEffect | null;
  readonly target: FaultTarget;
  readonly moment: Moment;
  /** How long it lasts, in ms; null for a kind that happens once, and until the end of the run. */
  readonly forMs: number | null;
}
