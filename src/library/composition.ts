import type { Home } from '../os/home.ts';
import { type CompositionSource, type ReadComposition, readComposition } from '../plan/composition/read.ts';
import { buildsOf, runsOf } from '../plan/composition/runs.ts';
import type { Composition } from '../plan/composition/schema.ts';
import type { BuildRequest } from '../plan/resolve/builds.ts';
import { nameOfRunner } from '../plan/resolve/choices.ts';
import type { Layer } from '../plan/resolve/layered-config.ts';
import type { Axis } from '../plan/resolve/matrix.ts';
import { textOf } from '../plan/resolve/param-text.ts';
import type { RequestedRun } from '../plan/resolve/requested.ts';
import type { Asked } from '../plan/resolve/resolve.ts';
import { runnerNamed } from '../plan/resolve/runner-info.ts';
import { allOf, joining, noting } from '../util/errors.ts';
import { type ContextOptions, contextOf, notesOf, type PlanContext } from './context.ts';

/** A composition with the context of the plan that it names. */
export interface CompositionFile {
  /** Its name in messages. */
  readonly file: string;
  readonly runs: readonly RequestedRun[];
  /** The builds of all groups, including groups that are in no run. */
  readonly builds: readonly BuildRequest[];
  readonly global: {
    readonly case: string;
    readonly runner: Asked | undefined;
    readonly runConfig: readonly Layer[];
    readonly disableMetrics: boolean;
  };
  readonly axes: readonly Axis[];
  /** Whether the template has actions, so that it may expand to something else another time. */
  readonly isTemplate: boolean;
  readonly context: PlanContext;
}

interface OpenOptions extends Omit<ContextOptions, 'cwd'> {
  /** Whether to build everything, even if the composition names artifacts. */
  readonly ignoreArtifacts?: boolean | undefined;
  /** The builder of all groups, and the runner, overriding the composition. */
  readonly builder?: string | undefined;
  readonly runner?: string | undefined;
  /** The value of `.Env` in the template. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Reads a composition and the context of the plan that it names.
 * @throws TgError (usage) with all problems of either.
 */
export async function openComposition(
  from: CompositionSource,
  home: Home,
  { ignoreArtifacts = false, builder, runner, env, ...options }: OpenOptions,
): Promise<CompositionFile> {
  const read = { ...(await readComposition(from, env)), builder };
  const { file } = read;
  const { global, groups, runs, matrix, network } = read.composition;
  const asked = runnerOf(read, runner);
  const context = await contextOf(global.plan, home, { ...options, cwd: read.dir, runner: asked?.value });
  const strict = context.strict && {
    ...context.strict,
    doubts: [...read.unknown, ...context.strict.doubts],
  };
  const request = () => {
    const [runs, builds] = allOf([() => runsOf(read), () => buildsOf(read)]);
    return { runs, builds };
  };
  const requested = strict ? joining(strict.doubts, request) : noting(notesOf(read.unknown), request);
  const limited = [
    ...groups.flatMap(({ resources }, index) => (resources ? [`groups[${index}]`] : [])),
    ...runs.flatMap((run, at) =>
      run.groups.flatMap(({ resources }, index) => (resources ? [`runs[${at}].groups[${index}]`] : [])),
    ),
  ];
  const reason = withoutResources(asked?.value, context);
  const resources = `${file}: resources do not apply, ${reason}: ${limited.join(', ')}`;
  const withoutArtifact = <Request extends BuildRequest>(group: Request) =>
    ignoreArtifacts ? { ...group, artifact: undefined } : group;
  return {
    file,
    runs: requested.runs.map((run) => ({ ...run, groups: run.groups.map(withoutArtifact) })),
    builds: requested.builds.map(withoutArtifact),
    global: {
      case: global.case,
      runner: asked,
      runConfig: [
        { where: `${file}: global.run_config`, values: global.run_config },
        ...(network === undefined ? [] : [{ where: `${file}: network`, values: { network } }]),
      ],
      disableMetrics: global.disable_metrics,
    },
    axes: axesIn(matrix, `${file}: matrix`),
    isTemplate: read.isTemplate,
    context: {
      ...context,
      strict,
      notes: [
        ...(strict ? [] : notesOf(read.unknown)),
        ...context.notes,
        ...replacements(read, { builder, runner }),
        ...(limited.length > 0 && reason !== undefined ? [resources] : []),
      ],
    },
  };
}

/** The axes of a matrix; those below `run` are keys of the run configuration. */
function axesIn({ run, ...others }: Composition['matrix'], where: string): Axis[] {
  const below = Array.isArray(run)
    ? { run }
    : Object.fromEntries(Object.entries(run ?? {}).map(([key, values]) => [`run.${key}`, values]));
  return Object.entries({ ...others, ...below }).map(([name, values]) => ({
    name,
    values: values.map((value) => textOf(value) ?? ''),
    where,
  }));
}

/** Why the runner does not apply `resources`, as text; undefined if it does. */
function withoutResources(asked: string | undefined, { manifest, runners }: PlanContext): string | undefined {
  const name = nameOfRunner(asked, manifest, runners);
  const runner = runnerNamed(runners, name);
  return runner === undefined ? `the runner ${name} is not available` : runner.withoutResources;
}

/** The runner given by a flag or the composition. */
function runnerOf({ composition, file }: ReadComposition, runner: string | undefined): Asked | undefined {
  if (runner !== undefined) return { value: runner, where: '--runner' };
  const { runner: its } = composition.global;
  return its === undefined ? undefined : { value: its, where: `${file}: global.runner` };
}

/** Lists the values of a composition that flags override, one per line. */
function replacements(
  { composition: { global, groups }, placeOf }: ReadComposition,
  { builder, runner }: Pick<OpenOptions, 'builder' | 'runner'>,
): string[] {
  const named = [
    { path: ['global', 'runner'], its: global.runner, flag: '--runner', by: runner },
    { path: ['global', 'builder'], its: global.builder, flag: '--builder', by: builder },
    ...groups.map((group, index) => ({
      ...{ path: ['groups', index, 'builder'], its: group.builder, flag: '--builder', by: builder },
    })),
  ];
  return named.flatMap(({ path, its, flag, by }) =>
    by === undefined || its === undefined || its === by
      ? []
      : [`${placeOf(path)}: ${flag} ${by} replaces ${JSON.stringify(its)}`],
  );
}
