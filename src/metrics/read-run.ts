import { basename, dirname, join } from 'node:path';
import { instanceDirsOf, instanceFiles } from '../outputs/layout.ts';
import { lineBatches } from './line-batches.ts';
import { readPushedLine } from './pushed-line.ts';
import type { Metric, Sample, Source } from './sample.ts';
import { readSdkLine } from './sdk-line.ts';

/**
 * All that the instances of a run have said of metrics so far, from the files that they and tg have written; many at a time, an
 * instance after the other. What the Go SDK writes twice, into results.out and to an InfluxDB, comes once.
 * @param plan the plan and the case, `<plan>-<case>`.
 */
export async function* readMetrics(runDir: string, plan: string): AsyncGenerator<readonly Sample[]> {
  for (const dir of await instanceDirsOf(runDir)) {
    const of = { group: basename(dirname(dir)), instance: Number(basename(dir)) };
    if (!Number.isInteger(of.instance)) continue;
    for await (const metrics of readInstance(dir, plan))
      yield metrics.map((metric) => ({ ...metric, ...of }));
  }
}

async function* readInstance(dir: string, plan: string): AsyncGenerator<readonly Metric[]> {
  const written = new Set<Source>();
  for (const source of ['results', 'diagnostics'] as const) {
    for await (const metrics of readFile(join(dir, instanceFiles[source]), (line) =>
      readSdkLine(line, source),
    )) {
      written.add(source);
      yield metrics;
    }
  }
  const pushed = readFile(join(dir, instanceFiles.metrics), (line) => readPushedLine(line, plan));
  for await (const metrics of pushed) yield metrics.filter(({ source }) => !written.has(source));
}

async function* readFile(
  path: string,
  read: (line: string) => Metric | undefined,
): AsyncGenerator<readonly Metric[]> {
  for await (const lines of lineBatches(path)) {
    const metrics = lines.map(read).filter((metric) => metric !== undefined);
    if (metrics.length > 0) yield metrics;
  }
}
