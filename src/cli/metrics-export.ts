import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { codeOf, expecting, TgError } from '../errors.ts';
import type { RunRecord } from '../history/record.ts';
import { csvHead, toCsv } from '../metrics/export/csv.ts';
import type { Format } from '../metrics/export/formats.ts';
import { type ExportedRun, toInflux } from '../metrics/export/influx.ts';
import { toPrometheus } from '../metrics/export/prometheus.ts';
import { writeParquet } from '../metrics/parquet.ts';
import type { Sample } from '../metrics/sample.ts';
import { summarise } from '../metrics/summary.ts';
import { warn } from './output/warn.ts';

type Samples = AsyncIterable<readonly Sample[]>;

/**
 * Writes samples for another program.
 * @param to a file; stdout where nothing is said.
 * @throws TgError (usage) for Parquet on stdout, (environment) for a file that cannot be written.
 */
export async function exportSamples(
  { runId, plan, case: testCase }: RunRecord,
  samples: Samples,
  format: Format,
  to: string | undefined,
): Promise<void> {
  const unwritable = expecting(
    'environment',
    to ?? 'stdout',
    'the metrics cannot be written there',
    'Name a file that you may write.',
  );
  if (format === 'parquet') {
    if (to === undefined)
      throw new TgError('usage', 'a Parquet file is no text', {
        where: '--format parquet',
        hint: 'Name a file: -o metrics.parquet',
      });
    const rows = await writeParquet(to, samples).catch(unwritable);
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
  await pipeline(text, createWriteStream(to)).catch(unwritable);
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
