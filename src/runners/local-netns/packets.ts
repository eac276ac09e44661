import { type InstanceId, instancesOfGroups, instanceTag } from '../../plan/instance-id.ts';
import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import type { RunnerValues, RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { readTexts, textsOf } from '../process/config/text-list.ts';

/** The key of run configuration for whose packets are recorded. */
export const packetsKey = 'pcap';
/** The file in an instance's outputs that has its packets. */
export const packetsFile = 'packets.pcapng';

/** Reads `pcap`: `all`, or groups and instances (`group[3]`), separated by commas or as a list. */
export function readPackets(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(packetsKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const names = readTexts(its.value, ',');
  if (names !== undefined) return { values: names.length === 0 ? {} : { [packetsKey]: names }, doubts: [] };
  throw new TgError('usage', `unknown value of pcap ${JSON.stringify(its.value)}`, {
    where: its.where,
    hint: 'Choose all, or name groups and instances: pcap=servers,clients[3].',
  });
}

/** Whether the packets of an instance are recorded. */
export function isRecorded(values: RunnerValues, instance: InstanceId): boolean {
  return textsOf(values, packetsKey).some((name) => name === 'all' || namesOf(instance).includes(name));
}

/** @throws TgError (usage) for a name that no group and no instance has. */
export function checkRecorded({ config, groups }: Pick<RunSpec, 'config' | 'groups'>): void {
  const known = new Set([...groups.map(({ id }) => id), ...instancesOfGroups(groups).flatMap(namesOf)]);
  const unknown = textsOf(config.runner, packetsKey).find((name) => name !== 'all' && !known.has(name));
  if (unknown === undefined) return;
  throw new TgError('usage', `pcap: there is no group or instance ${JSON.stringify(unknown)}`, {
    where: packetsKey,
    hint: `The groups are ${groups.map(({ id }) => id).join(', ')}; all stands for all of them.`,
  });
}

function namesOf(instance: InstanceId): readonly string[] {
  return [instance.group, instanceTag(instance), `${instance.group}[${instance.index}]`];
}
