import { closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { AsyncBuffer, KeyValue, SchemaElement } from 'hyparquet';
import * as z from 'zod';
import { createAtomically } from '../os/atomic-write.ts';
import { openRegular } from '../outputs/untrusted-file.ts';
import type { Metric, Sample } from './sample.ts';

/** Under which a file says what of its samples could not be read. */
const unreadKey = 'tg.unread';
const readAt = promisify(read);
/** So many rows are held at once, written or read. */
const rowGroupSize = 100_000;

/** A column whose values repeat: each is written once. */
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  repetition_type: 'REQUIRED',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
});

/** A row for each measure of each sample: what reads Parquet can filter and count it as it is. */
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
 * Writes samples into a Parquet file, which is there when it is complete.
 * @param unread what of them could not be read, in words; it grows while they are.
 * @returns how many rows it has; without any there is no file.
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
    // Before the end of the file is written.
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
 * The samples that `writeParquet` has written, in the order in which it was given them.
 * @param onUnread is told what of them could not be read when they were written, in words.
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
    // The rows of the last one may go on in the next piece.
    last = all.pop() ?? [];
    yield all.map(sampleOf);
  }
  if (last.length > 0) yield [sampleOf(last)];
}

/** What hyparquet reads of a file. */
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

/** Rows that are measures of one sample, together. */
function samplesIn(rows: readonly Row[]): Row[][] {
  const samples: Row[][] = [];
  /** Those of the last sample. */
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
