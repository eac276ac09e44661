import { closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { AsyncBuffer, KeyValue, SchemaElement } from 'hyparquet';
import * as z from 'zod';
import { createAtomically } from '../os/atomic-write.ts';
import { openRegular } from '../outputs/untrusted-file.ts';
import type { Metric, Sample } from './sample.ts';

/** The metadata key for descriptions of what could not be read. */
const unreadKey = 'tg.unread';
const readAt = promisify(read);
/** How many rows are in memory at once, when writing or reading. */
const rowGroupSize = 100_000;

/** A column with repeating values: dictionary-encoded. */
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  repetition_type: 'REQUIRED',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
});

/** One row per measure of each sample, so that any Parquet reader can filter and aggregate them directly. */
const schema: SchemaElement[] = [
  { name: 'metrics', num_children: 9 },
  {
    name: 'time',
    type: 'INT64',
    repetition_type: 'REQUIRED',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
  },
  text('group'),
  { name: 'instance', type: 'INT32', repetition_type: 'REQUIRED' },
  text('source'),
  text('type'),
  text('name'),
  text('tags'),
  text('measure'),
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
];

interface Row extends Omit<Sample, 'ns' | 'measures'> {
  readonly time: bigint;
  readonly measure: string;
  readonly value: number;
}

/**
 * Writes samples to a Parquet file, which appears once it is complete.
 * @param unread descriptions of what could not be read; grows while the samples are read.
 * @returns the number of rows; without rows no file is written.
 */
export async function writeParquet(
  file: string,
  samples: AsyncIterable<readonly Sample[]>,
  unread: readonly string[] = [],
): Promise<number> {
  const { fileWriter, parquetWriteRows } = await import('hyparquet-writer');
  const all = rowsIn(samples);
  const first = await all.next();
  if (first.done) return 0;
  let rows = 1;
  const kvMetadata: KeyValue[] = [];
  async function* counted(before: Row) {
    yield before;
    for await (const row of all) {
      rows++;
      yield row;
    }
    // Set before the end of the file is written.
    kvMetadata.push({ key: unreadKey, value: JSON.stringify(unread) });
  }
  const columns = schema.slice(1).map(({ name }) => ({ name }));
  await createAtomically(file, async (partial) => {
    const writer = fileWriter(partial);
    await parquetWriteRows({
      writer,
      rows: counted(first.value),
      columns,
      schema,
      rowGroupSize,
      kvMetadata,
    });
  });
  return rows;
}

async function* rowsIn(samples: AsyncIterable<readonly Sample[]>): AsyncGenerator<Row> {
  for await (const some of samples) yield* some.flatMap(rowsOf);
}

function rowsOf({ ns, measures, ...sample }: Sample): Row[] {
  return Object.entries(measures).map(([measure, value]) => ({ time: ns, ...sample, measure, value }));
}

/**
 * Yields the samples that `writeParquet` has written, in their original order.
 * @param onUnread receives descriptions of what could not be read when they were written.
 */
export async function* readParquet(
  file: string,
  onUnread: (problem: string) => void = () => {},
): AsyncGenerator<readonly Sample[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  using buffer = new FileBuffer(file);
  const metadata = await parquetMetadataAsync(buffer);
  const kept = metadata.key_value_metadata?.find(({ key }) => key === unreadKey)?.value;
  if (kept !== undefined) z.array(z.string()).parse(JSON.parse(kept)).forEach(onUnread);
  const total = Number(metadata.num_rows);
  const parsers = { timestampFromNanoseconds: (ns: bigint) => ns };
  let last: Row[] = [];
  for (let from = 0; from < total; from += rowGroupSize) {
    const range = { rowStart: from, rowEnd: Math.min(total, from + rowGroupSize) };
    const read = await parquetReadObjects({ file: buffer, metadata, parsers, ...range });
    const all = samplesIn([...last, ...(read as unknown as Row[])]);
    // The rows of the last sample may continue in the next group.
    last = all.pop() ?? [];
    yield all.map(sampleOf);
  }
  if (last.length > 0) yield [sampleOf(last)];
}

/** The file access that hyparquet needs. */
class FileBuffer implements AsyncBuffer, Disposable {
  readonly #fd: number;
  readonly byteLength: number;

  /** @throws as `openRegular` does. */
  constructor(file: string) {
    this.#fd = openRegular(file);
    this.byteLength = fstatSync(this.#fd).size;
  }

  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const piece = new ArrayBuffer(end - start);
    const { bytesRead } = await readAt(this.#fd, new Uint8Array(piece), 0, end - start, start);
    return piece.slice(0, bytesRead);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Groups rows that are measures of one sample. */
function samplesIn(rows: readonly Row[]): Row[][] {
  const samples: Row[][] = [];
  /** The measures of the last sample. */
  let measures = new Set<string>();
  for (const row of rows) {
    const current = samples.at(-1);
    if (current !== undefined && isOfOne(current, row) && !measures.has(row.measure)) {
      current.push(row);
    } else {
      samples.push([row]);
      measures = new Set();
    }
    measures.add(row.measure);
  }
  return samples;
}

function isOfOne([first]: readonly Row[], row: Row): boolean {
  return (['time', 'instance', 'name', 'type', 'group', 'source', 'tags'] as const).every(
    (key) => first?.[key] === row[key],
  );
}

function sampleOf(rows: readonly Row[]): Sample {
  const [first] = rows;
  if (first === undefined) throw new Error('a sample has a row');
  const { time, measure: _, value: __, ...sample } = first;
  const measures: Metric['measures'] = Object.fromEntries(rows.map(({ measure, value }) => [measure, value]));
  return { ns: time, ...sample, measures };
}
