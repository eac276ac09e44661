import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PointLines } from '../influx/point-lines.ts';
import { instanceDirsOf, instanceFiles } from '../outputs/layout.ts';
import type { Mask } from '../outputs/mask.ts';
import { messageOf } from '../util/errors.ts';
import { lineBatches } from './line-batches.ts';
import { readPushedLine } from './pushed-line.ts';
import type { MaskText, Metric, ReadLine, Sample, Source } from './sample.ts';
import { readSdkLine } from './sdk-line.ts';
import { maxNames, UnreadLines } from './unreadable-lines.ts';

/** Options for reading the metrics of a run. */
export interface Reading {
  /** Plan and case, as `<plan>-<case>`. */
  readonly plan: string;
  /** Receives a description of what could not be read of a file. */
  readonly onUnread: (problem: string) => void;
  /** The mask for an instance whose files may contain secrets. Asked after each read: it may become known late. */
  readonly maskOf?: (group: string, instance: number) => Promise<Mask | undefined>;
  /** Aborts reading, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields all metrics that the instances of a run have reported so far, from the files that they and tg have written, in
 * batches and instance by instance. Metrics that the Go SDK writes twice, to results.out and to an InfluxDB, come once.
 * Invalid lines are reported and skipped.
 */
export async function* readMetrics(runDir: string, asked: Reading): AsyncGenerator<readonly Sample[]> {
  const unread = new UnreadLines();
  const reading = { ...asked, unread };
  for (const dir of await instanceDirsOf(runDir)) {
    const of = { group: basename(dirname(dir)), instance: Number(basename(dir)) };
    if (!Number.isInteger(of.instance)) continue;
    const maskOf = async () => await asked.maskOf?.(of.group, of.instance);
    for await (const metrics of readInstance(dir, { ...reading, maskOf }))
      yield metrics.map((metric) => ({ ...metric, ...of }));
    // Small files are read synchronously: this lets other work run between two instances.
    await nextTurn();
    reading.signal?.throwIfAborted();
  }
  unread.problems().forEach(asked.onUnread);
}

interface ReadingAll extends Omit<Reading, 'maskOf'> {
  readonly maskOf: () => Promise<Mask | undefined>;
  readonly unread: UnreadLines;
}

async function* readInstance(dir: string, reading: ReadingAll): AsyncGenerator<readonly Metric[]> {
  const written = new Set<Source>();
  for (const source of ['results', 'diagnostics'] as const) {
    const read = (line: string, masked: MaskText) => readSdkLine(line, source, masked);
    for await (const metrics of readFile(join(dir, instanceFiles[source]), read, reading)) {
      if (metrics.length > 0) written.add(source);
      yield metrics;
    }
  }
  const read = (line: string, masked: MaskText) => readPushedLine(line, reading.plan, masked);
  const pushed = readFile(join(dir, instanceFiles.metrics), read, reading, new PointLines());
  for await (const metrics of pushed) yield metrics.filter(({ source }) => !written.has(source));
}

/** @param points joins the lines of points that span several. */
async function* readFile(
  path: string,
  read: (line: string, masked: MaskText) => ReadLine,
  { onUnread, unread, maskOf, signal }: ReadingAll,
  points?: PointLines,
): AsyncGenerator<readonly Metric[]> {
  let lost = 0;
  const names = new Set<string>();
  const metricsIn = async (lines: readonly string[]) => {
    const mask = await maskOf();
    const all = lines.map((line) => read(line, (text) => mask?.text(text) ?? text));
    for (const { isWhole, name } of all) {
      if (isWhole) continue;
      lost++;
      if (name !== undefined && names.size < maxNames) names.add(name);
    }
    return all.flatMap(({ metric }) => metric ?? []);
  };
  const place = path.split('/').slice(-3).join('/');
  try {
    for await (const lines of lineBatches(path)) {
      signal?.throwIfAborted();
      yield await metricsIn(points?.add(lines) ?? lines);
    }
    yield await metricsIn(points?.rest() ?? []);
  } catch (error) {
    signal?.throwIfAborted();
    onUnread(`${place} cannot be read: ${messageOf(error)}`);
  }
  unread.add(place, lost, names);
}
