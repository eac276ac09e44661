import type { InstanceId } from '../../plan/instance-id.ts';
import { instanceTag } from '../../plan/instance-id.ts';
import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import type { RunnerValues } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';

/** The key of run configuration for whose packets are recorded. */
export const packetsKey = 'pcap';
/** The file in an instance's outputs that has its packets. */
export const packetsFile = 'packets.pcapng';

/** Reads `pcap`: `all`, or groups and instances (`group[3]`), separated by commas or as a list. */
export function readPackets(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(packetsKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const given = typeof its.value === 'string' ? its.value.split(',') : its.value;
  if (Array.isArray(given) && given.every((each) => typeof each === 'string')) {
    const names = given.map((each) => each.trim()).filter((each) => each !== '');
    return { values: names.length === 0 ? {} : { [packetsKey]: names }, doubts: [] };
  }
  throw new TgError('usage', `unknown value of pcap ${JSON.stringify(its.value)}`, {
    where: its.where,
    hint: 'Choose all, or name groups and instances: pcap=servers,clients[3].',
  });
}

/** Whether the packets of an instance are recorded. */
export function isRecorded(values: RunnerValues, instance: InstanceId): boolean {
  const { [packetsKey]: names } = values;
  if (!Array.isArray(names)) return false;
  const own = [instance.group, instanceTag(instance), `${instance.group}[${instance.index}]`];
  return names.includes('all') || own.some((name) => names.includes(name));
}
