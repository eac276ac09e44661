import { msBetween } from '../os/clock.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { readJournal } from './events.ts';

/** How long a run and its instances took, in ms. */
export interface Durations {
  /** From start to end, without the build; undefined if it has not ended. */
  readonly run: number | undefined;
  /** Of the instances that have ended. */
  readonly instances: readonly { readonly instance: InstanceId; readonly ms: number }[];
}

/** Reads the durations of a run and its instances from its journal. */
export async function readDurations(dir: string): Promise<Durations> {
  let began: number | undefined;
  let run: number | undefined;
  const started = new Map<string, number>();
  const instances: { readonly instance: InstanceId; readonly ms: number }[] = [];
  for await (const its of readJournal(dir)) {
    const at = its.at.getTime();
    if (its.type === 'run-started') began = at;
    if (its.type === 'run-ended' && began !== undefined) run = msBetween(began, at);
    if (its.type === 'instance-started') started.set(instanceTag(its.instance), at);
    if (its.type !== 'instance-exited') continue;
    const since = started.get(instanceTag(its.instance));
    if (since !== undefined) instances.push({ instance: its.instance, ms: msBetween(since, at) });
  }
  return { run, instances };
}
