import { resolve } from 'node:path';
import { purgeArtifacts } from '../build/artifacts.ts';
import { checkBuildConfig } from '../build/builders.ts';
import { TgError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Home, homeOf } from '../home.ts';
import { writeArtifacts } from '../plan/composition/write-artifacts.ts';
import { chooseBuilder } from '../plan/resolve/choices.ts';
import { resolveSingle } from '../plan/resolve/single.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { buildGroups } from '../run/build-groups.ts';
import { openOutput } from './output/open.ts';
import { compositionSpec } from './run-composition.ts';
import { contextOf, linkedSdk } from './run-flags.ts';
import { type BuildFlags, buildRequest } from './run-single.ts';
import { watchSignals } from './signals.ts';

export interface BuildSingleOptions extends BuildFlags {
  readonly linkSdk?: string;
  readonly coverage?: boolean;
  readonly quiet?: boolean;
}

/** `tg build single`: builds a plan, and prints the artifact's key for `--use-build`. */
export async function buildSingle(options: BuildSingleOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const context = await contextOf(options.plan, home);
  // Which test case, and how many, does not matter to a build.
  const spec = resolveSingle(
    {
      ...buildRequest(options),
      testCase: context.manifest.testcases[0]?.name,
      runner: undefined,
      instances: context.manifest.testcases[0]?.instances.min || 1,
      artifact: undefined,
      params: {},
      profiles: {},
      runConfig: [],
      disableMetrics: false,
      coverage: options.coverage === true,
      linkSdk: linkedSdk(options.linkSdk, home),
      metadata: { repo: '', branch: '', commit: '' },
    },
    context,
  );
  return (await build(spec, home, options.quiet === true)).code;
}

export interface BuildCompositionOptions {
  readonly file: string;
  readonly writeArtifacts?: boolean;
  readonly linkSdk?: string;
  readonly quiet?: boolean;
}

/** `tg build composition`: builds what every group of a composition needs. */
export async function buildComposition(options: BuildCompositionOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const spec = await compositionSpec({ ...options, ignoreArtifacts: true }, home);
  const { code, keys } = await build(spec, home, options.quiet === true);
  if (options.writeArtifacts && keys.size > 0) await writeArtifacts(resolve(options.file), keys);
  return code;
}

async function build(
  spec: RunSpec,
  home: Home,
  quiet: boolean,
): Promise<{ readonly code: ExitCode; readonly keys: ReadonlyMap<string, string> }> {
  for (const group of spec.groups) await checkBuildConfig(group.build);
  using interrupts = watchSignals();
  // With --quiet stdout has the keys and nothing else: KEY=$(tg build single -q …).
  using output = await openOutput({ quiet, wordsToStderr: quiet });
  const { reporter, format } = output;
  const around = { home, callerEnv: process.env, cancel: interrupts.cancel };
  try {
    const artifacts = await buildGroups(spec, { ...around, emit: (event) => reporter.onEvent(event) });
    const keys = new Map([...artifacts].map(([group, { key }]) => [group, key]));
    if (quiet) process.stdout.write([...new Set(keys.values())].map((key) => `${key}\n`).join(''));
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

/** `tg build purge`: removes the artifacts of a plan and a builder. */
export async function buildPurge({ plan, builder }: BuildPurgeOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const { manifest, isCargo } = await contextOf(plan, home);
  const { id } = chooseBuilder(builder, manifest, isCargo);
  const keys = await purgeArtifacts(home, id, manifest.name);
  for (const key of keys) process.stdout.write(`removed ${key}\n`);
  process.stdout.write(`finished purging testplan ${manifest.name} for builder ${id}\n`);
  return exitCodes.success;
}
