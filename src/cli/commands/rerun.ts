import { existsSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findArtifact } from '../../builders/store/artifacts.ts';
import { selectRunDir } from '../../history/select-runs.ts';
import { seedIn } from '../../library/context.ts';
import { type Home, homeOf, prepareHome } from '../../os/home.ts';
import { runFiles } from '../../outputs/layout.ts';
import { checkLabels } from '../../plan/labels.ts';
import { inOneLine } from '../../plan/resolve/left-out.ts';
import { resolveRunConfig } from '../../plan/resolve/run-config.ts';
import { runnerInfo } from '../../plan/resolve/runner-info.ts';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { type Bundle, bundleIn, readBundle } from '../../run/bundle/bundle.ts';
import { newRunId } from '../../run/run-id.ts';
import { runnerCatalog } from '../../runners/registry.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import type { ExitCode } from '../../util/exit-codes.ts';
import { executeAndReport } from '../execute.ts';
import { askConsent } from '../flags/ask-consent.ts';
import { withSecrets } from '../flags/ask-secrets.ts';
import { readStdin } from '../flags/composition-source.ts';
import { readKeyValues } from '../flags/key-values.ts';
import { type RunFlags, runConfigOf } from '../flags/run-flags.ts';
import { note } from '../output/warn.ts';
import { standardStream, stdinName } from '../standard-streams.ts';

export interface RerunOptions extends RunFlags {
  readonly build?: boolean;
  readonly yes?: boolean;
  readonly testParam?: readonly string[];
}

/** `tg rerun <run>`: repeats a run with the same parameters, seed and artifacts. */
export async function rerun(asked: string, options: RerunOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  await prepareHome(home);
  const { file, bundle } = await bundleOf(home, asked);
  const { spec } = bundle;
  refuseLost(bundle);
  if (!options.yes && !options.dryRun && !options.list && !(await isOfHome(file, home)))
    await askConsent(spec, file);
  const groups = await Promise.all(spec.groups.map((group) => withArtifact(group, bundle, home, options)));
  const notes = groups.flatMap(({ note }) => note ?? []);
  const { doubts } = resolveRunConfig(runConfigOf(options), process.env['TG_REDIS_URL'], {
    runner: runnerInfo(runnerCatalog, spec.runner),
  });
  notes.push(...doubts.map((doubt) => inOneLine(doubt, 'not applied')));
  if (bundle.without?.includes('influxdb') && options.influxdb === undefined) {
    notes.push('the run also sent its metrics to an InfluxDB, whose address is not kept: give --influxdb');
  }
  if (bundle.without?.includes('otlp') && options.otlp === undefined) {
    notes.push('the run was also sent as a trace to a collector, whose address is not kept: give --otlp');
  }
  const again: RunSpec = {
    ...spec,
    runId: newRunId(),
    seed: seedIn(options.seed) ?? spec.seed,
    config: configOf(spec, options),
    groups: await withSecrets(
      groups.map(({ group }) => group),
      readKeyValues('--test-param', options.testParam ?? []),
    ),
    labels: options.label === undefined ? spec.labels : checkLabels(options.label, '--label'),
    // It is not part of the series of that run.
    series: undefined,
    notes: [...new Set(notes)],
  };
  return (
    await executeAndReport(
      [again],
      { ...options, seed: options.seed ?? spec.seed, env: envOf(bundle, options) },
      home,
    )
  ).code;
}

/** @throws TgError (usage) if the bundle lacks more than the values of secret parameters. */
function refuseLost({ lost = [] }: Bundle): void {
  if (lost.length === 0) return;
  throw new TgError('usage', `the record is not complete: a secret was left out of it (${lost.join(', ')})`, {
    hint: `Start it with ${asTyped('run')} again.`,
  });
}

/** @param asked as `bundleFile` takes it; `-` reads a run.json from stdin. */
async function bundleOf(home: Home, asked: string) {
  if (asked === standardStream) {
    const text = await readStdin();
    return { file: stdinName, bundle: bundleIn(() => text, stdinName) };
  }
  const file = await bundleFile(home, asked);
  return { file, bundle: await readBundle(file) };
}

/** Resolves the name of a run, as other commands do, or the path of a run.json. */
async function bundleFile(home: Home, asked: string): Promise<string> {
  const isFolder = statSync(asked, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder) return join(resolve(asked), runFiles.bundle);
  // A link given by the user is followed.
  if (asked.endsWith('.json')) return await realpath(resolve(asked)).catch(() => resolve(asked));
  return join(await selectRunDir(home, asked, note), runFiles.bundle);
}

/** Whether the file belongs to this home: it is among the outputs, reached through no link. */
async function isOfHome(file: string, { outputs }: Home): Promise<boolean> {
  const [its, root] = await Promise.all([realpath(file).catch(() => file), realpath(outputs)]);
  return its.startsWith(`${root}/`);
}

/** Reuses the recorded artifact if it still exists. */
async function withArtifact(
  group: GroupSpec,
  { spec, artifacts }: Bundle,
  home: Home,
  { build }: RerunOptions,
): Promise<{ readonly group: GroupSpec; readonly note?: string }> {
  const key = artifacts[group.id];
  if (build || key === undefined) return { group: { ...group, artifact: undefined } };
  try {
    await findArtifact(home, key, group.build.builder, spec.plan.name);
    return { group: { ...group, artifact: key } };
  } catch (error) {
    if (!(error instanceof TgError)) throw error;
    if (!existsSync(spec.plan.dir)) throw error;
    const note = `the artifact ${key} no longer exists: it is built from the current files in ${spec.plan.dir}`;
    return { group: { ...group, artifact: undefined }, note };
  }
}

function configOf({ config, runner }: RunSpec, options: RerunOptions): RunSpec['config'] {
  const asked = runConfigOf(options);
  const { config: flags, found } = resolveRunConfig(asked, process.env['TG_REDIS_URL'], {
    runner: runnerInfo(runnerCatalog, runner),
  });
  const then =
    config.sync.store === 'redis'
      ? { ...config.sync, url: process.env['TG_REDIS_URL'] || undefined }
      : config.sync;
  return {
    timeoutMs: found.has('timeout') ? flags.timeoutMs : config.timeoutMs,
    stallAfterMs: found.has('stall_after') ? flags.stallAfterMs : config.stallAfterMs,
    maxOutput: found.has('max_output') ? flags.maxOutput : config.maxOutput,
    sync: found.has('sync') ? flags.sync : then,
    sidecar: found.has('sidecar') ? flags.sidecar : config.sidecar,
    influxdb: flags.influxdb,
    otlp: flags.otlp,
    unapplied: found.has('unapplied') || found.has('sidecar') ? flags.unapplied : config.unapplied,
    runner: { ...config.runner, ...flags.runner },
  };
}

/** Takes the current values of the variables that the run had. */
function envOf({ env }: Bundle, { env: given = [] }: RerunOptions): string[] {
  const names = new Set(given.map((text) => text.split('=')[0] ?? text));
  const missing = env.filter((name) => !names.has(name) && process.env[name] === undefined);
  if (missing.length > 0) {
    throw new TgError('usage', `the run had ${missing.join(', ')} set, and this environment does not`, {
      where: '--env',
      hint: `Values are not kept. Set ${missing.length === 1 ? 'it' : 'them'}, or give --env ${missing[0]}=value.`,
    });
  }
  return [...env.filter((name) => !names.has(name)), ...given];
}
