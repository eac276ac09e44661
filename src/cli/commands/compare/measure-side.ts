import { readDurations } from '../../../history/durations.ts';
import { instancesOf } from '../../../history/instances.ts';
import type { RunRecord } from '../../../history/record.ts';
import { readStageDurations } from '../../../history/stage-durations.ts';
import type { Gate } from '../../../metrics/comparison/gate.ts';
import type { Side } from '../../../metrics/comparison/measured.ts';
import { measuredOf, SideBuilder, type SingleValue } from '../../../metrics/comparison/side-builder.ts';
import { filtered, filterOf } from '../../../metrics/filter.ts';
import { mainSources, type Sample, type Source } from '../../../metrics/sample.ts';
import { samplesOf } from '../../../metrics/samples.ts';
import { warn } from '../../output/warn.ts';

/** Which metrics are compared. */
export interface Wanted {
  readonly name?: readonly string[];
  readonly source?: readonly Source[];
}

/**
 * Reads what the runs of a side have measured, and how long everything took.
 * @param gates whose metrics are read even if they are not selected.
 */
export async function measureSide(
  records: readonly RunRecord[],
  { name, source }: Wanted,
  gates: readonly Pick<Gate, 'metric'>[],
): Promise<Side> {
  const gated = gates.flatMap(({ metric }) => [metric, `${metric},*`]);
  const names = name === undefined ? undefined : [...name, ...gated];
  const selected = filterOf({ names, sources: source ?? mainSources });
  // Without a source, what networks did is read if it is named.
  const inNetwork = filterOf({ names: [...(name ?? []), ...gated], sources: source ?? ['network'] });
  const wanted = (sample: Sample) => selected(sample) ?? inNetwork(sample);
  const builder = new SideBuilder();
  for (const record of records) await builder.add(filtered(samplesOf(record, warn), wanted));
  const isSelected = name !== undefined || source !== undefined;
  // Not read without need: stages are in the whole output of instances.
  if (isSelected && !gates.some(({ metric }) => isDuration(metric))) return builder.side();
  const took = [...(await durationsOf(records))];
  const shown = isSelected ? took.filter(([metric]) => gated.includes(metric)) : took;
  const measured = shown.flatMap(([metric, values]) => {
    const its = measuredOf(values);
    return its === undefined ? [] : [[metric, its] as const];
  });
  return new Map([...builder.side(), ...measured]);
}

function isDuration(metric: string): boolean {
  return /^(run|instance|stage .+), ms$/.test(metric);
}

/** How long the runs, their instances and the stages of these took, in ms. */
async function durationsOf(
  records: readonly RunRecord[],
): Promise<ReadonlyMap<string, readonly SingleValue[]>> {
  const all = new Map<string, SingleValue[]>();
  const add = (metric: string, value: SingleValue) => {
    const values = all.get(metric) ?? [];
    all.set(metric, values);
    values.push(value);
  };
  for (const [run, record] of records.entries()) {
    const took = await readDurations(record.dir);
    if (took.run !== undefined) add('run, ms', { run, value: took.run });
    for (const { instance, ms } of took.instances) add('instance, ms', { run, instance, value: ms });
    for (const { instance, stage, ms } of await readStageDurations(record.dir, instancesOf(record, []), warn))
      add(`stage ${stage}, ms`, { run, instance, value: ms });
  }
  return all;
}
