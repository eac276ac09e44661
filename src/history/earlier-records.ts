import { type Fields, isFields } from '../util/fields.ts';

/**
 * Converts a record of a version 1 journal to its current form: `given-up` is now `abandoned`, and a stall has other
 * names for its fields. Keys are in camelCase already. Any other value is returned as it is.
 */
export function currentRecord(record: unknown): unknown {
  if (!isFields(record)) return record;
  if (record['type'] === 'given-up') return { ...record, type: 'abandoned' };
  if (record['type'] !== 'stalled' || !isFields(record['standing'])) return record;
  const { told, standing, ...rest } = record;
  return { ...rest, reported: told, snapshot: currentSnapshot(standing) };
}

function currentSnapshot(standing: unknown): unknown {
  if (!isFields(standing)) return standing;
  const { waits, busy, ...rest } = standing;
  return {
    ...rest,
    waits: each(waits, (wait) => ({ ...wait, absent: each(wait['absent'], currentState) })),
    busy: each(busy, currentState),
  };
}

/** The state of an instance. */
function currentState({ words, ...rest }: Fields): object {
  return { ...rest, text: words };
}

function each(list: unknown, convert: (item: Fields) => object): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isFields(item) ? convert(item) : item)) : list;
}
