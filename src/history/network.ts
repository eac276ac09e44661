import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { readJournal } from './events.ts';

/** What an instance asked for its network, and what came of it. */
export interface Configured {
  /** In ms since the run began. */
  readonly at: number;
  /** Its settings from then on, as text; empty for a plain network. */
  readonly applied: readonly string[];
  readonly notApplied: readonly string[];
}

/** What instances have asked for their networks so far, in order, by their tags. */
export async function readConfigured(
  dir: string,
  instances: readonly InstanceId[],
): Promise<ReadonlyMap<string, readonly Configured[]>> {
  const found = new Map(instances.map((instance) => [instanceTag(instance), [] as Configured[]]));
  let began = 0;
  for await (const its of readJournal(dir)) {
    if (began === 0 || its.type === 'run-started') began = its.at.getTime();
    if (its.type !== 'network-configured' || its.instance === undefined) continue;
    const { at, applied, notApplied } = its;
    found.get(instanceTag(its.instance))?.push({ at: at.getTime() - began, applied, notApplied });
  }
  return found;
}
