import { TgError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type Home, homeOf } from '../home.ts';
import { type ReadComposition, readComposition } from '../plan/composition/read.ts';
import { runsOf } from '../plan/composition/runs.ts';
import { writeArtifacts } from '../plan/composition/write-artifacts.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { carryOut } from './carry-out.ts';
import { contextOf, notesOf, type PlanContext, type RunFlags, runConfigOf } from './run-flags.ts';
import { specsOf } from './specs.ts';

/** The options of `run composition` as commander gives them. */
export interface RunCompositionOptions extends RunFlags {
  readonly file: string;
  readonly writeArtifacts?: boolean;
  readonly ignoreArtifacts?: boolean;
  readonly runIds?: string;
}

/** `tg run composition`: carries out the runs of a composition, one after the other, to their end. */
export async function runComposition(options: RunCompositionOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  if (options.detach && options.writeArtifacts) {
    throw new TgError(
      'usage',
      '--write-artifacts needs the end of the build, and --detach does not wait for it',
      {
        hint: 'Leave one of them out, or build first: tg build composition -a.',
      },
    );
  }
  const { read, context } = await openComposition(options, home);
  const { code, artifacts } = await carryOut(compositionSpecs(read, options, home, context), options, home);
  if (options.writeArtifacts && artifacts.size > 0) await writeArtifacts(options.file, artifacts);
  return code;
}

/**
 * Reads a composition, and what surrounds the plan that it names.
 * @throws TgError (usage) with everything that is wrong with either.
 */
export async function openComposition(
  {
    file,
    writeArtifacts: writes,
    ...flags
  }: Pick<RunCompositionOptions, 'file' | 'writeArtifacts' | 'strict' | 'seed'>,
  home: Home,
): Promise<{ readonly read: ReadComposition; readonly context: PlanContext }> {
  const read = await readComposition(file, process.env);
  if (writes && read.isTemplate) {
    throw new TgError('usage', 'artifacts cannot be written into a composition with templates', {
      where: file,
      hint: 'Leave --write-artifacts out: what is built is kept, and found again.',
    });
  }
  const context = await contextOf(read.composition.global.plan, home, { ...flags, cwd: read.dir });
  return { read, context: { ...context, notes: [...notesOf(read.unknown, flags.strict), ...context.notes] } };
}

function compositionSpecs(
  read: ReadComposition,
  options: RunCompositionOptions,
  home: Home,
  context: PlanContext,
): RunSpec[] {
  const { global, groups, runs, matrix } = read.composition;
  const hasResources = [...groups, ...runs.flatMap((run) => run.groups)].some(({ resources }) => resources);
  const note = 'resources of groups do not apply: local:exec limits neither memory nor CPU';
  const requested = runsOf(read).map((run) =>
    options.ignoreArtifacts
      ? { ...run, groups: run.groups.map((group) => ({ ...group, artifact: undefined })) }
      : run,
  );
  const axes = Object.entries(matrix).map(([name, values]) => ({
    name,
    values: values.map(String),
    where: `${read.file}: matrix`,
  }));
  const request = {
    testCase: global.case,
    runner: global.runner,
    runConfig: [
      { where: `${read.file}: global.run_config`, values: global.run_config },
      ...runConfigOf(options),
    ],
    undeclared: options.strict ? 'refuse' : 'tell',
    disableMetrics: options.disableMetrics === true || global.disable_metrics,
  } as const;
  const ids = (options.runIds ?? '').split(',').filter((id) => id !== '');
  const around = { ...context, notes: [...context.notes, ...(hasResources ? [note] : [])] };
  return specsOf({ ...request, runs: requested, axes, ids }, options, home, around);
}
