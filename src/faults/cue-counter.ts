import type { Cue, Moment } from '../plan/fault/fault.ts';
import type { InstanceId } from '../plan/instance-id.ts';
import { isPartOf } from './is-part-of.ts';

/** Something that an instance does, which may be a cue. */
export type InstanceAction =
  | { readonly did: 'signal'; readonly state: string }
  /** @param payload the message as it was published: JSON. */
  | { readonly did: 'publish'; readonly topic: string; readonly payload: string }
  | { readonly did: 'stage'; readonly stage: string; readonly edge: 'begin' | 'end' }
  | { readonly did: 'print'; readonly text: string }
  | { readonly did: 'end' };

/** A moment that waits for a cue. */
export type CueMoment = Extract<Moment, { kind: 'cue' }>;

/** Counts how often a cue has come. */
export class CueCounter {
  readonly #moment: CueMoment;
  readonly #isBy: (instance: InstanceId) => boolean;
  #came = 0;

  /** @param isBy whether the cues of an instance count. */
  constructor(moment: CueMoment, isBy: (instance: InstanceId) => boolean) {
    this.#moment = moment;
    this.#isBy = isBy;
  }

  /** How often it has come. */
  get came(): number {
    return this.#came;
  }

  /** @returns whether the fault happens because of it. */
  counts(instance: InstanceId, action: InstanceAction): boolean {
    const { cue, count, times } = this.#moment;
    if (this.#came >= count + times - 1 || !isCue(cue, action) || !this.#isBy(instance)) return false;
    return ++this.#came >= count;
  }
}

function isCue(cue: Cue, action: InstanceAction): boolean {
  switch (cue.on) {
    case 'state':
      return action.did === 'signal' && action.state === cue.state;
    case 'topic':
      return action.did === 'publish' && action.topic === cue.topic && hasValue(action.payload, cue.value);
    case 'stage':
      return action.did === 'stage' && action.stage === cue.stage && action.edge === cue.edge;
    case 'line':
      return action.did === 'print' && action.text.includes(cue.text);
    case 'end':
      return action.did === 'end';
  }
}

function hasValue(payload: string, value: unknown): boolean {
  if (value === null) return true;
  try {
    return isPartOf(value, JSON.parse(payload));
  } catch {
    return false;
  }
}
