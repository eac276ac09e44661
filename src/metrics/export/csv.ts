import { csvLine } from '../../util/csv.ts';
import type { Sample } from '../sample.ts';

/** The columns of the sample table: one row per measure of each sample. Times are in nanoseconds since the epoch. */
export const csvHead = csvLine([
  'time',
  'group',
  'instance',
  'source',
  'type',
  'name',
  'tags',
  'measure',
  'value',
]);

/** A sample as lines of CSV. */
export function toCsv({ ns, group, instance, source, type, name, tags, measures }: Sample): string {
  return Object.entries(measures)
    .map(([measure, value]) => csvLine([ns, group, instance, source, type, name, tags, measure, value]))
    .join('');
}
