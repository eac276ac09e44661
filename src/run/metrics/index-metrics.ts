import { join } from 'node:path';
import { instanceDirOf, instanceFiles, runFiles } from '../../outputs/layout.ts';
import { whatIsAt } from '../../outputs/untrusted-file.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { messageOf } from '../../util/errors.ts';
import { type Measurement, samplesOfRun } from './samples-of-run.ts';

/**
 * Writes the metrics of a run's instances to the run's index, if there are any.
 * @returns problems with reading or writing them, as text; the metrics stay in the instances' outputs.
 */
export async function indexMetrics(measurement: Measurement): Promise<readonly string[]> {
  const { spec, runDir, network } = measurement;
  if (network === undefined && !isMeasured(spec, runDir)) return [];
  const { writeParquet } = await import('../../metrics/parquet.ts');
  const problems: string[] = [];
  const samples = samplesOfRun(measurement, (problem) => problems.push(problem));
  await writeParquet(join(runDir, runFiles.metrics), samples, problems).catch((error: unknown) =>
    problems.push(`${runFiles.metrics} could not be written: ${messageOf(error)}`),
  );
  return problems;
}

function isMeasured({ groups }: RunSpec, runDir: string): boolean {
  const { results, diagnostics, metrics } = instanceFiles;
  return groups.some(({ id, instances }) =>
    Array.from({ length: instances }, (_, index) => instanceDirOf(runDir, id, index)).some((dir) =>
      [results, diagnostics, metrics].some((name) => hasText(join(dir, name))),
    ),
  );
}

function hasText(file: string): boolean {
  try {
    const there = whatIsAt(file);
    return there !== undefined && (!there.isFile() || there.size > 0);
  } catch {
    // The reader reports why the file cannot be read.
    return true;
  }
}
