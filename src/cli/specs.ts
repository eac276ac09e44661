import { allOf, TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import { filterRuns } from '../plan/resolve/filter.ts';
import { type Axis, expandMatrix } from '../plan/resolve/matrix.ts';
import type { RequestedRun } from '../plan/resolve/requested.ts';
import { type RunRequest, resolveRun } from '../plan/resolve/resolve.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { newRunId } from '../run/run-id.ts';
import { readKeyValues } from './key-values.ts';
import { linkedSdk, metadataOf, type PlanContext, type RunFlags } from './run-flags.ts';

/** What single runs and those of a composition are asked with, beside their flags. */
export interface SpecsRequest
  extends Pick<RunRequest, 'testCase' | 'runner' | 'runConfig' | 'undeclared' | 'disableMetrics'> {
  readonly runs: readonly RequestedRun[];
  readonly axes: readonly Axis[];
  /** Names of the runs that are wanted, in their order; empty for all of them. */
  readonly ids: readonly string[];
}

/**
 * The runs that flags mean: with every combination of the matrix, without what the filters leave out.
 * @throws TgError (usage) with everything that does not fit.
 */
export function specsOf(
  { runs, axes, ids, ...request }: SpecsRequest,
  flags: RunFlags,
  home: Home,
  { notes, ...context }: PlanContext,
): RunSpec[] {
  const expanded = expandMatrix(runs, [...axes, ...axesOf(flags.matrix ?? [])]);
  const wanted = filterRuns(expanded, { ids, select: flags.select ?? [], ignore: flags.ignore ?? [] });
  const common = {
    ...request,
    coverage: flags.coverage === true,
    linkSdk: linkedSdk(flags.linkSdk, home),
    metadata: metadataOf(flags),
  };
  const specs = allOf(
    wanted.map(
      ({ name, groups }) =>
        () =>
          resolveRun({ ...common, name, groups }, { ...context, runId: newRunId() }),
    ),
  );
  return specs.map((spec) => ({ ...spec, notes: [...notes, ...spec.notes] }));
}

/** `--matrix n=1,2,3`, as often as it is given. */
function axesOf(given: readonly string[]): Axis[] {
  return given.map((text) => {
    const [[name, values] = ['', '']] = Object.entries(readKeyValues('--matrix', [text]));
    const each = values.split(',');
    if (!each.includes('')) return { name, values: each, where: '--matrix' };
    throw new TgError('usage', `a value of "${name}" is empty: ${JSON.stringify(values)}`, {
      where: '--matrix',
      hint: 'Write --matrix name=one,two,three.',
    });
  });
}
