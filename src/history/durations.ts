import { msBetween } from '../os/clock.ts';
import { instanceTag } from '../run/instance/instance-id.ts';
import { readJournal } from './events.ts';

/** How long a run and its instances took, in ms. */
export interface Durations {
  /** From its start to its end, without the build; undefined for one that has not ended. */
  readonly run: number | undefined;
  /** Of those that have ended. */
  readonly instances: readonly number[];
}

/** Reads from a run's journal how long it and its instances took. */
export async function readDurations(dir: string): Promise<Durations> {
  let began: number | undefined;
  let run: number | undefined;
  const started = new Map<string, number>();
  const instances: number[] = [];
  for await (const its of readJournal(dir)) {
    const at = its.at.getTime();
    if (its.type === 'run-started') began = at;
    if (its.type === 'run-ended' && began !== undefined) run = msBetween(began, at);
    if (its.type === 'instance-started') started.set(instanceTag(its.instance), at);
    if (its.type !== 'instance-exited') continue;
    const since = started.get(instanceTag(its.instance));
    if (since !== undefined) instances.push(msBetween(since, at));
  }
  return { run, instances };
}
