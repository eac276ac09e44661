import { WorkLease } from '../../builders/store/leases.ts';
import { purgeArtifacts } from '../../builders/store/prune.ts';
import { withKnownBuildConfig } from '../../library/checks.ts';
import { contextOf, linkedSdk, type PlanContext } from '../../library/context.ts';
import { type Home, homeOf } from '../../os/home.ts';
import { writeArtifacts } from '../../plan/composition/write-artifacts.ts';
import { type BuildRequest, resolveBuilds } from '../../plan/resolve/builds.ts';
import { chooseBuilder } from '../../plan/resolve/choices.ts';
import { singleRun } from '../../plan/resolve/single.ts';
import { buildRuns } from '../../run/build/build-groups.ts';
import type { Emit } from '../../run/events/events.ts';
import { commandName } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { unknownFlags } from '../flags/called-as.ts';
import { detailOf } from '../output/detail.ts';
import { openOutput } from '../output/open-output.ts';
import { say, sayAside } from '../output/say.ts';
import { watchSignals } from '../signals.ts';
import { openFor } from './run-composition.ts';
import { type BuildFlags, buildRequest } from './run-single.ts';

export interface BuildSingleOptions extends BuildFlags {
  readonly linkSdk?: string;
  readonly coverage?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

/** `tg build single`: builds a plan and prints the artifact key for `--use-build`. */
export async function buildSingle(options: BuildSingleOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const context = await contextOf(options.plan, home, options);
  const { groups } = singleRun({
    ...{ ...buildRequest(options), instances: undefined, artifact: undefined, params: {}, profiles: {} },
    expect: 'success',
  });
  return (await build(groups, context, options, home)).code;
}

export interface BuildCompositionOptions {
  readonly file: string;
  readonly builder?: string;
  readonly runner?: string;
  readonly writeArtifacts?: boolean;
  readonly linkSdk?: string;
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

/** `tg build composition`: builds the artifacts of all groups of a composition. */
export async function buildComposition(options: BuildCompositionOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const { builds, context } = await openFor({ ...options, ignoreArtifacts: true }, home);
  const { code, keys } = await build(builds, context, options, home);
  if (options.writeArtifacts && keys.size > 0) await writeArtifacts(options.file, keys);
  return code;
}

async function build(
  groups: readonly BuildRequest[],
  { notes, ...context }: PlanContext,
  flags: Pick<BuildSingleOptions, 'coverage' | 'linkSdk' | 'quiet'>,
  home: Home,
): Promise<{ readonly code: ExitCode; readonly keys: ReadonlyMap<string, string> }> {
  const options = { coverage: flags.coverage === true, linkSdk: linkedSdk(flags.linkSdk, home) };
  const resolved = resolveBuilds(groups, options, context);
  const asked = { ...resolved, notes: [...notes, ...resolved.notes] };
  const [spec = asked] = await withKnownBuildConfig([asked], unknownFlags());
  const quiet = flags.quiet === true;
  using interrupts = watchSignals();
  // With --quiet, stdout carries only the keys: KEY=$(tg build single -q …).
  using output = await openOutput({
    detail: detailOf({ quiet }, commandName()),
    messagesToStderr: quiet,
    grouped: true,
  });
  const { reporter, format } = output;
  const emit: Emit = (event) => reporter.onEvent(event);
  using _lease = new WorkLease(home, `a build of ${context.manifest.name}`);
  const { onBuilding } = reporter;
  const buildOptions = {
    home,
    onBuilding,
    callerEnv: process.env,
    cancel: interrupts.cancel,
    buildId: context.runId,
    emit,
  };
  try {
    const [artifacts] = await buildRuns([spec], buildOptions);
    const keys = new Map([...(artifacts ?? [])].map(([group, { key }]) => [group, key]));
    if (quiet) say([...new Set(keys.values())].map((key) => `${key}\n`).join(''));
    else
      for (const [group, artifact] of keys)
        reporter.print(format.log('INFO', 'generated build artifact', { group, artifact }));
    return { code: exitCodes.success, keys };
  } catch (error) {
    const code = interrupts.exitCode();
    if (code === undefined || !(error instanceof TgError)) throw error;
    reporter.print(format.log('ERROR', error.describe()));
    return { code, keys: new Map() };
  }
}

export interface BuildPurgeOptions {
  readonly plan: string;
  readonly builder: string;
}

/** `tg build purge`: removes the artifacts of a plan and builder. */
export async function buildPurge({ plan, builder }: BuildPurgeOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const { manifest, generic } = await contextOf(plan, home, {});
  const { id } = chooseBuilder(builder, manifest, generic);
  const { keys, kept } = await purgeArtifacts(home, id, manifest.name);
  for (const key of keys) say(`removed ${key}\n`);
  for (const { name, why } of kept) sayAside(`kept ${name}: ${why}\n`);
  say(`finished purging testplan ${manifest.name} for builder ${id}\n`);
  return kept.length === 0 ? exitCodes.success : exitCodes.environment;
}
