import { InstanceMasks } from '../outputs/instance-masks.ts';
import { instanceDirOf } from '../outputs/layout.ts';
import { readEventLine } from '../outputs/sdk-events.ts';
import { Tail } from '../outputs/tail.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { lineEvent } from '../run/events/line-event.ts';
import { maskedLine } from '../run/events/masked-event.ts';
import { messageOf } from '../util/errors.ts';
import { fileOf } from './lines.ts';

/** How long an instance was in a stage. */
export interface StageDuration {
  readonly instance: InstanceId;
  readonly stage: string;
  readonly ms: number;
}

const pieceBytes = 1024 * 1024;
/** The maximum number of durations kept of an instance: a plan may repeat a stage for ever. */
const maxOfInstance = 1_000;

/**
 * Reads the durations of the stages that instances have begun and ended, from what their SDKs print.
 * @param onUnread called with a message for what could not be read.
 */
export async function readStageDurations(
  dir: string,
  instances: readonly InstanceId[],
  onUnread: (problem: string) => void,
): Promise<readonly StageDuration[]> {
  const masks = new InstanceMasks(dir);
  const durations: StageDuration[] = [];
  for (const instance of instances) {
    const file = fileOf(instanceDirOf(dir, instance.group, instance.index), 'stdout');
    if (file === undefined) continue;
    const mask = await masks.ofInstance(instance.group, instance.index);
    const stages = new OpenStages(instance);
    try {
      using tail = new Tail(
        file,
        (line) => {
          const text = line.bytes.toString('utf8');
          const at = readEventLine(text)?.at;
          if (at === undefined) return;
          const event = lineEvent(instance, 'stdout', line, at, at);
          stages.add((mask === undefined ? event : maskedLine(event, mask)).event, at);
        },
        { every: false },
      );
      while (tail.readMore(pieceBytes) > 0);
      tail.finish();
    } catch (error) {
      onUnread(`the stages of ${instanceTag(instance)} cannot be read: ${messageOf(error)}`);
    }
    durations.push(...stages.durations);
  }
  return durations;
}

/** The stages of one instance, in order of its lines. */
class OpenStages {
  readonly durations: StageDuration[] = [];
  readonly #instance: InstanceId;
  readonly #begun = new Map<string, number>();

  constructor(instance: InstanceId) {
    this.#instance = instance;
  }

  add(event: ReturnType<typeof lineEvent>['event'], at: number): void {
    if (event?.type !== 'stage-start' && event?.type !== 'stage-end') return;
    const begun = this.#begun.get(event.name);
    this.#begun.delete(event.name);
    if (event.type === 'stage-start') this.#begun.set(event.name, at);
    else if (begun !== undefined && this.durations.length < maxOfInstance)
      this.durations.push({ instance: this.#instance, stage: event.name, ms: Math.max(0, at - begun) });
  }
}
