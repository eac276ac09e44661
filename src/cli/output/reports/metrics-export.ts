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
import { type DeclaredUnits, withUnits } from '../../../metrics/unit.ts';
import { whereItLeads } from '../../../os/atomic-write.ts';
import { removeAtExit } from '../../../os/remove-at-exit.ts';
import { makeTempFolder } from '../../../os/temp-folder.ts';
import { TgError } from '../../../util/errors.ts';
import { unwritable, writeOutputFile } from '../../flags/output-file.ts';
import { refuseTerminal, standardStream } from '../../standard-streams.ts';
import { printPieces } from '../say.ts';
import { warn } from '../warn.ts';

type Samples = AsyncIterable<readonly Sample[]>;

/**
 * Exports samples to a file.
 * @param output a file; `-` for stdout.
 * @throws TgError (usage) for Parquet to a path that cannot be a file, (environment) if the file cannot be written.
 */
export async function exportSamples(
  { runId, plan, case: testCase, metricUnits }: RunRecord,
  samples: Samples,
  format: Format,
  output: string,
): Promise<void> {
  if (format === 'parquet') await writeParquetTo(output, samples);
  else
    await writeOutputFile(
      output,
      textOf(samples, format, { runId, plan, testCase }, metricUnits),
      'the metrics',
    );
}

/** @throws TgError (usage) if Parquet would be written to a terminal. */
export function checkParquetPlace(output: string): void {
  if (output === standardStream)
    refuseTerminal('a Parquet file', '--format parquet', 'Name a file: -o metrics.parquet.');
}

async function writeParquetTo(output: string, samples: Samples): Promise<void> {
  const rows =
    output === standardStream
      ? await printParquet(samples)
      : await writeParquet(await fileAt(output), samples).catch(unwritable(output, 'the metrics'));
  if (rows === 0) warn('no metrics match: no file was written');
}

/**
 * Prints Parquet, which is written from its end and so is made in a temporary file first. @returns the number of
 * samples.
 */
async function printParquet(samples: Samples): Promise<number> {
  const folder = makeTempFolder('metrics');
  using _ = removeAtExit(folder);
  try {
    const file = join(folder, 'metrics.parquet');
    const rows = await writeParquet(file, samples);
    if (rows > 0) await printPieces(createReadStream(file));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Follows a link. @throws TgError (usage) for anything but a file, since Parquet files are put in place by rename.
 */
async function fileAt(path: string): Promise<string> {
  const { target, there } = await whereItLeads(path);
  if (there === undefined || there.isFile()) return target;
  throw new TgError('usage', 'Parquet can only be written to a regular file', {
    where: path,
    hint: 'Name a file.',
  });
}

async function* textOf(
  samples: Samples,
  format: Exclude<Format, 'parquet'>,
  run: ExportedRun,
  units: DeclaredUnits,
) {
  switch (format) {
    case 'csv':
      yield csvHead;
      for await (const some of samples) yield some.map(toCsv).join('');
      break;
    case 'influx':
      for await (const some of samples) yield some.map((sample) => toInflux(sample, run)).join('');
      break;
    case 'prometheus':
      yield toPrometheus(withUnits(await summarise(samples), units), run);
  }
}
