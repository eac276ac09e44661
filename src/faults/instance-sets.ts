import type { InstanceSet } from '../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';

/** The instances of a run, by the sets that faults name. */
export class InstanceSets {
  readonly #all: readonly InstanceId[];
  /** Who has signalled each state that is named, in order. */
  readonly #signalled: ReadonlyMap<string, Map<string, InstanceId>>;

  /** @param named the sets that are asked for later: only signals of their states are remembered. */
  constructor(all: readonly InstanceId[], named: readonly InstanceSet[]) {
    this.#all = all;
    this.#signalled = new Map(
      named.flatMap((set) => ('state' in set ? [[set.state, new Map<string, InstanceId>()] as const] : [])),
    );
  }

  signalled(instance: InstanceId, state: string): void {
    const who = this.#signalled.get(state);
    const tag = instanceTag(instance);
    if (who?.has(tag) === false) who.set(tag, instance);
  }

  /** @param cue the instance that gave the cue; undefined without one. */
  membersOf(set: InstanceSet, cue: InstanceId | undefined): readonly InstanceId[] {
    switch (set.kind) {
      case 'signalled':
        return [...(this.#signalled.get(set.state)?.values() ?? [])];
      case 'first':
        return [...(this.#signalled.get(set.state)?.values() ?? [])].slice(0, 1);
      case 'cue':
        return cue === undefined ? [] : [cue];
      default:
        return this.#all.filter((instance) => this.includes(set, instance));
    }
  }

  includes(set: InstanceSet, instance: InstanceId): boolean {
    switch (set.kind) {
      case 'all':
        return true;
      case 'group':
        return instance.group === set.group;
      case 'instance':
        return instance.group === set.group && instance.index === set.index;
      case 'signalled':
        return this.#signalled.get(set.state)?.has(instanceTag(instance)) === true;
      case 'first':
        return this.#signalled.get(set.state)?.keys().next().value === instanceTag(instance);
      case 'cue':
        return false;
    }
  }
}
