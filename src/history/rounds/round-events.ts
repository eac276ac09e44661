import type { SdkEvent } from '../../outputs/sdk-events.ts';
import { isStatusOfSdk } from '../../outputs/sdk-events.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { ActivityRecord } from '../activity-log.ts';
import { lineShape } from './line-shape.ts';

/** An event of the instances of a group in one round. */
export interface RoundEvent {
  readonly group: string;
  /** What happened: `signals ready`, `stage dial ends`. */
  readonly event: string;
  /** Its place among the events of its group, from 0, by the time of the first instance that has it. */
  readonly place: number;
  /** The number of instances that have it, and whether these are all of the group. */
  readonly instances: number;
  readonly isByAll: boolean;
  /** Some of the instances that do not have it. */
  readonly without: readonly string[];
}

/** The maximum number of different events that are kept of a round. */
const maxEvents = 5_000;
/** How many instances without an event are named. */
const maxNamed = 5;

interface Seen {
  readonly group: string;
  readonly event: string;
  first: number;
  readonly instances: Set<number>;
}

/** Collects the events of one round: what SDKs report, and what happens at the sync service. */
export class RoundEvents {
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #seen = new Map<string, Seen>();

  constructor(groups: readonly { readonly id: string; readonly instances: number }[]) {
    this.#sizes = new Map(groups.map(({ id, instances }) => [id, instances]));
  }

  addReported(instance: InstanceId, event: SdkEvent | undefined, at: number): void {
    const text = event === undefined ? undefined : reportedText(event);
    if (text !== undefined) this.#add(instance, text, at);
  }

  addActivity(record: ActivityRecord): void {
    const { group, index, at } = record;
    const text = activityText(record);
    if (text !== undefined) this.#add({ group, index }, text, at);
  }

  /** All events of the round, by group and event. */
  all(): ReadonlyMap<string, RoundEvent> {
    const places = new Map<string, number>();
    const inOrder = [...this.#seen].sort(([, a], [, b]) => a.first - b.first);
    return new Map(
      inOrder.map(([key, { group, event, instances }]) => {
        const place = places.get(group) ?? 0;
        places.set(group, place + 1);
        const size = this.#sizes.get(group) ?? 0;
        const without = namesOfOthers(group, size, instances);
        return [
          key,
          { group, event, place, instances: instances.size, isByAll: instances.size >= size, without },
        ];
      }),
    );
  }

  #add({ group, index }: InstanceId, event: string, at: number): void {
    const key = JSON.stringify([group, event]);
    const known = this.#seen.get(key);
    if (known === undefined) {
      if (this.#seen.size < maxEvents)
        this.#seen.set(key, { group, event, first: at, instances: new Set([index]) });
      return;
    }
    known.first = Math.min(known.first, at);
    known.instances.add(index);
  }
}

function namesOfOthers(group: string, size: number, instances: ReadonlySet<number>): string[] {
  const names: string[] = [];
  for (let index = 0; index < size && names.length < maxNamed; index++)
    if (!instances.has(index)) names.push(instanceTag({ group, index }));
  return names;
}

/** Undefined for events that tell nothing about the course of a round. */
function reportedText(event: SdkEvent): string | undefined {
  switch (event.type) {
    case 'message':
      return isStatusOfSdk(event) ? undefined : `message "${lineShape(event.message)}"`;
    case 'stage-start':
      return `stage ${lineShape(event.name)} begins`;
    case 'stage-end':
      return `stage ${lineShape(event.name)} ends`;
    case 'success':
      return 'reports success';
    default:
      return undefined;
  }
}

function activityText(record: ActivityRecord): string | undefined {
  switch (record.did) {
    case 'signal':
      return `signals ${lineShape(record.state)}`;
    case 'wait':
      return `waits at ${lineShape(record.state)}`;
    case 'pass':
      return `passes ${lineShape(record.state)}`;
    case 'publish':
      return `publishes on ${lineShape(record.topic)}`;
    default:
      return undefined;
  }
}
