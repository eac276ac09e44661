import { join } from 'node:path';
import { pushedAs } from '../../metrics/sample.ts';
import { instanceDirOf, instanceFiles, runFiles } from '../../outputs/layout.ts';
import { whatIsAt } from '../../outputs/untrusted-file.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { messageOf } from '../../util/errors.ts';

/** The metrics of a run whose instances have all ended. */
export interface Measurement {
  readonly spec: RunSpec;
  readonly runDir: string;
  /** Aborts the reading. */
  readonly kill: AbortSignal;
}

/**
 * Writes the metrics of a run's instances to the run's index, if there are any.
 * @returns problems with reading or writing them, as text; the metrics stay in the instances' outputs.
 */
export async function indexMetrics({ spec, runDir, kill }: Measurement): Promise<readonly string[]> {
  if (!isMeasured(spec, runDir)) return [];
  const [{ readMetrics }, { writeParquet }] = await Promise.all([
    import('../../metrics/read-run.ts'),
    import('../../metrics/parquet.ts'),
  ]);
  const problems: string[] = [];
  const samples = readMetrics(runDir, {
    plan: pushedAs(spec.plan.name, spec.testCase),
    onUnread: (problem) => problems.push(problem),
    signal: kill,
  });
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
