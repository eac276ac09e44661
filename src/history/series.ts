import { basename } from 'node:path';
import { readText } from '../outputs/untrusted-file.ts';
import {
  type SeriesEntry,
  type SeriesHeader,
  type SeriesLine,
  seriesLineSchema,
} from '../run/series/series-record.ts';

/** A series of runs, as it is recorded: what one command started, also if the runs themselves were removed. */
export interface SeriesRecord extends Omit<SeriesHeader, 'type' | 'version'> {
  /** In the order in which they ended. */
  readonly entries: readonly SeriesEntry[];
  /** Undefined while it goes on, and if tg was killed. */
  readonly ended: Extract<SeriesLine, { type: 'ended' }> | undefined;
}

/** Reads the record of a series. Lines that cannot be read are left out: the last one may be torn. */
export function readSeries(file: string): SeriesRecord | undefined {
  let its: SeriesHeader | undefined;
  let ended: SeriesRecord['ended'];
  const entries: SeriesEntry[] = [];
  for (const text of textOf(file).split('\n')) {
    const read = lineIn(text);
    if (read?.type === 'series') its = read;
    if (read?.type === 'run') entries.push(read);
    if (read?.type === 'ended') ended = read;
  }
  if (its === undefined || `${its.id}.ndjson` !== basename(file)) return undefined;
  const { type: _, version: __, ...rest } = its;
  return { ...rest, entries, ended };
}

function textOf(file: string): string {
  try {
    return readText(file);
  } catch {
    // Missing, or not a file.
    return '';
  }
}

function lineIn(text: string): SeriesLine | undefined {
  try {
    return seriesLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
