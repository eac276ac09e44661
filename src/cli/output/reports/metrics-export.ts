import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../../../history/record.ts';
import { csvHead, toCsv } from '../../../metrics/export/csv.ts';
import type { Format } from '../../../metrics/export/formats.ts';
import { type ExportedRun, toInflux } from '../../../metrics/export/influx.ts';
import { toPrometheus } from '../../../metrics/export/prometheus.ts';
import { writeParquet } from '../../../metrics/parquet.ts';
import type { Sample } from '../../../metrics/sample.ts';
import { summarise } from '../../../metrics/summary.ts';
import { whereItLeads } from '../../../os/atomic-write.ts';
import { makeTempFolder } from '../../../os/temp-folder.ts';
import { TgError } from '../../../util/errors.ts';
import { unwritable, writeOutputFile } from '../../flags/output-file.ts';
import { refuseTerminal, standardStream } from '../../standard-streams.ts';
import { printPieces } from '../say.ts';
import { warn } from '../warn.ts';

type Samples = AsyncIterable<readonly Sample[]>;

/**
 * Writes samples for another program.
 * @param output a file; `-` for stdout.
 * @throws TgError (usage) for Parquet where no file can be, (environment) for a file that cannot be written.
 */
export async function exportSamples(
  { runId, plan, case: testCase }: RunRecord,
  samples: Samples,
  format: Format,
  output: string,
): Promise<void> {
  if (format === 'parquet') await writeParquetTo(output, samples);
  else await writeOutputFile(output, textOf(samples, format, { runId, plan, testCase }), 'the metrics');
}

/** @throws TgError (usage) where Parquet would go to a terminal. */
export function checkParquetPlace(output: string): void {
  if (output === standardStream)
    refuseTerminal('a Parquet file', '--format parquet', 'Name a file: -o metrics.parquet.');
}

async function writeParquetTo(output: string, samples: Samples): Promise<void> {
  const rows =
    output === standardStream
      ? await printParquet(samples)
      : await writeParquet(await fileAt(output), samples).catch(unwritable(output, 'the metrics'));
  if (rows === 0) warn('nothing was measured, or nothing of what was asked for: there is no file');
}

/** Such a file is written from its end: it is made elsewhere first. @returns how many samples it has. */
async function printParquet(samples: Samples): Promise<number> {
  const folder = await makeTempFolder('metrics');
  try {
    const file = join(folder, 'metrics.parquet');
    const rows = await writeParquet(file, samples);
    if (rows > 0) await printPieces(createReadStream(file));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
