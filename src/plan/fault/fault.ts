/** What a fault does to its targets. */
export const faultKinds = ['kill', 'stop', 'restart', 'pause'] as const;

/**
 * `kill`: SIGKILL. `stop`: SIGTERM, and SIGKILL after a grace period. `restart`: SIGKILL, and it is started again when
 * the fault is over. `pause`: its processes do nothing until the fault is over.
 */
export type FaultKind = (typeof faultKinds)[number];

/** The kinds that are over at some time; the others happen once. */
export const lastingKinds: readonly FaultKind[] = ['restart', 'pause'];

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

/** A fault that a run injects. */
export interface FaultSpec {
  readonly kind: FaultKind;
  readonly target: FaultTarget;
  readonly moment: Moment;
  /** How long it lasts, in ms; null for a kind that happens once, and until the end of the run. */
  readonly forMs: number | null;
}
