import { pipeline } from 'node:stream/promises';
import { codeOf, TgError } from '../errors.ts';
import type { RunRecord } from '../history/record.ts';
import { csvHead, toCsv } from '../metrics/export/csv.ts';
import type { Format } from '../metrics/export/formats.ts';
import { type ExportedRun, toInflux } from '../metrics/export/influx.ts';
import { toPrometheus } from '../metrics/export/prometheus.ts';
import { writeParquet } from '../metrics/parquet.ts';
import type { Sample } from '../metrics/sample.ts';
import { summarise } from '../metrics/summary.ts';
import { whereItLeads } from '../whole-file.ts';
import { warn } from './output/warn.ts';
import { unwritable, writeOutputFile } from './output-file.ts';

type Samples = AsyncIterable<readonly Sample[]>;

/**
 * Writes samples for another program.
 * @param output a file; stdout for `-`, and where nothing is said.
 * @throws TgError (usage) for Parquet on stdout, (environment) for a file that cannot be written.
 */
export async function exportSamples(
  { runId, plan, case: testCase }: RunRecord,
  samples: Samples,
  format: Format,
  output: string | undefined,
): Promise<void> {
  const to = output === '-' ? undefined : output;
  if (format === 'parquet') {
    if (to === undefined)
      throw new TgError('usage', 'a Parquet file is no text', {
        where: '--format parquet',
        hint: 'Name a file: -o metrics.parquet',
      });
    const target = await fileAt(to);
    const rows = await writeParquet(target, samples).catch(unwritable(to, 'the metrics'));
    if (rows === 0) warn('nothing was measured, or nothing of what was asked for: there is no file');
    return;
  }
  const text = textOf(samples, format, { runId, plan, testCase });
  if (to === undefined) {
    // A reader may have enough before the end.
    await pipeline(text, process.stdout, { end: false }).catch((error: unknown) => {
      if (codeOf(error) !== 'EPIPE') throw error;
    });
    return;
  }
  await writeOutputFile(to, text, 'the metrics');
}

/** Where a link leads; @throws TgError (usage) for what is no file: a Parquet file appears by rename. */
async function fileAt(path: string): Promise<string> {
  const { target, there } = await whereItLeads(path);
  if (there === undefined || there.isFile()) return target;
  throw new TgError('usage', 'a Parquet file cannot be written into what is no file', {
    where: path,
    hint: 'Name a file.',
  });
}

async function* textOf(samples: Samples, format: Exclude<Format, 'parquet'>, run: ExportedRun) {
  switch (format) {
    case 'csv':
      yield csvHead;
      for await (const some of samples) yield some.map(toCsv).join('');
      break;
    case 'influx':
      for await (const some of samples) yield some.map((sample) => toInflux(sample, run)).join('');
      break;
    case 'prometheus':
      yield toPrometheus(await summarise(samples), run);
  }
}
