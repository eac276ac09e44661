import type { Home } from '../os/home.ts';
import type { FaultSpec } from '../plan/fault/fault.ts';
import { filterRuns, type RunFilter } from '../plan/resolve/filter.ts';
import type { Layer } from '../plan/resolve/layered-config.ts';
import { type Axis, expandMatrix, variedBy } from '../plan/resolve/matrix.ts';
import type { RequestedRun } from '../plan/resolve/requested.ts';
import { type Asked, namedTestCase, type RunRequest, resolveRun } from '../plan/resolve/resolve.ts';
import { type SingleRequest, singleRun } from '../plan/resolve/single.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { Threshold } from '../plan/threshold.ts';
import { newRunId } from '../run/run-id.ts';
import { firstDuplicate } from '../util/duplicates.ts';
import { allOf, joining, noting, TgError } from '../util/errors.ts';
import type { CompositionFile } from './composition.ts';
import { linkedSdk, type PlanContext } from './context.ts';

/** The options that override the defaults of all runs. */
export interface SpecOptions extends RunFilter {
  readonly axes: readonly Axis[];
  /** Weakest first. */
  readonly runConfig: readonly Layer[];
  readonly disableMetrics: boolean;
  /** Thresholds in addition to those of the composition. */
  readonly thresholds: readonly Threshold[];
  readonly faults: readonly FaultSpec[];
  readonly coverage: boolean;
  readonly linkSdk: string | undefined;
  readonly metadata: RunSpec['metadata'];
  readonly labels: readonly string[];
  /** How unavailable builders and runners are handled; default: refused. */
  readonly missing?: 'refuse' | 'tell';
  /** How unknown flags are handled: configuration keys and undeclared parameters. */
  readonly unknownFlags?: 'refuse' | 'tell';
}

/**
 * Returns the selected runs of one group: one, or one for each combination of a matrix.
 * @throws TgError (usage) with all problems.
 */
export function singleSpecs(
  request: SingleRequest & { readonly testCase: string | undefined; readonly runner: string | undefined },
  options: SpecOptions,
  home: Home,
  context: PlanContext,
): RunSpec[] {
  const asked = { testCase: plainly(request.testCase), runner: plainly(request.runner) };
  const undeclared = options.unknownFlags === 'tell' && context.strict === undefined ? 'tell' : 'refuse';
  return specsOf([singleRun(request)], { ...asked, undeclared }, options, home, context);
}

/**
 * Returns the selected runs of a composition, in order.
 * @throws TgError (usage) with all problems.
 */
export function compositionSpecs(
  { file, runs, global, axes, context }: CompositionFile,
  options: SpecOptions,
  home: Home,
): RunSpec[] {
  const request = {
    testCase: { value: global.case, where: `${file}: global.case` },
    runner: global.runner,
    undeclared: context.strict ? 'refuse' : 'tell',
  } as const;
  const all = {
    ...options,
    // A flag overrides the file.
    axes: [...axes.filter(({ name }) => !options.axes.some((axis) => axis.name === name)), ...options.axes],
    runConfig: [...global.runConfig, ...options.runConfig],
    disableMetrics: options.disableMetrics || global.disableMetrics,
  };
  return specsOf(runs, request, all, home, context);
}

function specsOf(
  runs: readonly RequestedRun[],
  request: Pick<RunRequest, 'testCase' | 'runner' | 'undeclared'>,
  { axes, ids, select, ignore, linkSdk, ...options }: SpecOptions,
  home: Home,
  { notes, ...context }: PlanContext,
): RunSpec[] {
  const doubts = context.strict?.doubts ?? [];
  const testCase = namedTestCase(request.testCase, context.manifest);
  const declared = new Set(Object.keys(testCase?.params ?? {}));
  const wanted = noting(notes, () =>
    joining(doubts, () => {
      checkAxes(axes);
      return filterRuns(expandMatrix(runs, axes, declared), { ids, select, ignore });
    }),
  );
  const names = axes.map(({ name }) => name).filter((name) => variedBy(name, declared) === 'parameter');
  const sdk = joining(doubts, () => linkedSdk(linkSdk, home));
  const common = { ...request, ...options, axes: names, linkSdk: sdk };
  const specs = noting(notes, () =>
    allOf(
      wanted.map(
        ({ thresholds, faults, runConfig, ...run }) =>
          () =>
            resolveRun(
              {
                ...common,
                ...run,
                runConfig: [...common.runConfig, ...runConfig],
                thresholds: [...thresholds, ...options.thresholds],
                faults: [...faults, ...options.faults],
              },
              { ...context, runId: newRunId() },
            ),
      ),
    ),
  );
  return specs.map((spec) => ({ ...spec, notes: [...notes, ...spec.notes] }));
}

function plainly(value: string | undefined): Asked | undefined {
  return value === undefined ? undefined : { value, where: undefined };
}

/** @throws TgError (usage) for duplicate axes and duplicate values. */
function checkAxes(axes: readonly Axis[]): void {
  const names = new Set<string>();
  allOf(
    axes.map(({ name, values, where }) => () => {
      if (names.has(name))
        throw new TgError('usage', `"${name}" is given twice`, {
          where,
          hint: `Give all values at once: ${name}=one,two.`,
        });
      names.add(name);
      const again = firstDuplicate(values);
      if (again !== undefined)
        throw new TgError('usage', `"${name}" has the value ${again} twice`, {
          where,
          hint: 'Name each value once; --repeat runs each of them several times.',
        });
    }),
  );
}
