import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { severalProblems, TgError } from '../errors.ts';
import { type Home, prepareHome } from '../home.ts';
import { readHomeConfig } from '../plan/home-config.ts';
import { findPlan } from '../plan/manifest/find.ts';
import { readManifest } from '../plan/manifest/manifest.ts';
import type { ResolveContext } from '../plan/resolve/resolve.ts';
import type { Layer } from '../plan/resolve/trickle.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { newRunId } from '../run/run-id.ts';
import { newSeed } from '../run/seed.ts';
import { configFlags } from './config-flags.ts';
import { readKeyValues } from './key-values.ts';

/** The flags of every command that runs a plan, as commander gives them. */
export interface RunFlags {
  readonly runCfg?: readonly string[];
  readonly collect?: boolean;
  readonly collectFile?: string;
  readonly resultFile?: string;
  readonly detach?: boolean;
  readonly disableMetrics?: boolean;
  readonly metadataRepo?: string;
  readonly metadataBranch?: string;
  readonly metadataCommit?: string;
  readonly timeout?: string;
  readonly env?: readonly string[];
  readonly sync?: string;
  readonly redis?: string;
  readonly influxdb?: string;
  readonly coverage?: boolean;
  readonly linkSdk?: string;
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly seed?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly list?: boolean;
  readonly matrix?: readonly string[];
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  readonly repeat?: number;
  readonly untilFailure?: boolean;
  readonly failFast?: boolean;
  readonly keepPassed?: boolean;
  readonly hold?: readonly string[];
}

/** `--timeout`, `--sync`, `--redis` and `--influxdb` are short for run configuration, and stronger than it. */
export function runConfigOf({ runCfg, timeout, sync, redis, influxdb }: RunFlags): Layer[] {
  return [
    { where: '--run-cfg', values: readKeyValues('--run-cfg', runCfg ?? []) },
    ...configFlags({ timeout, sync, redis, influxdb }),
  ];
}

export function metadataOf({ metadataRepo, metadataBranch, metadataCommit }: RunFlags): RunSpec['metadata'] {
  return { repo: metadataRepo ?? '', branch: metadataBranch ?? '', commit: metadataCommit ?? '' };
}

/** What surrounds a request to run or build a plan, and what is to be told about it. */
export interface PlanContext extends ResolveContext {
  readonly notes: readonly string[];
}

/**
 * What surrounds a request to run or build a plan.
 * @param asked the plan, by its name or path.
 * @param cwd to which a path is relative.
 * @throws TgError (usage) when there is no such plan, or its manifest or the home is broken.
 */
export async function contextOf(
  asked: string,
  home: Home,
  { strict, seed, cwd = process.cwd() }: Pick<RunFlags, 'strict' | 'seed'> & { readonly cwd?: string },
): Promise<PlanContext> {
  const planDir = await findPlan(asked, home, cwd);
  const { data: manifest, unknown } = await readManifest(planDir);
  const notes = notesOf(unknown, strict);
  await prepareHome(home);
  return {
    runId: newRunId(),
    seed: seedIn(seed) ?? newSeed(),
    planDir,
    manifest,
    notes,
    homeConfig: await readHomeConfig(home),
    isCargo: existsSync(join(planDir, 'Cargo.toml')),
    redisFromEnv: process.env['TG_REDIS_URL'],
  };
}

/** Unknown keys as notes. @throws TgError (usage) with all of them where --strict was asked for. */
export function notesOf(unknown: readonly TgError[], strict: boolean | undefined): string[] {
  if (strict && unknown.length > 0) throw severalProblems(unknown);
  return unknown.map((problem) => problem.describe());
}

/** What `--seed` says. @throws TgError (usage) for what is no seed. */
export function seedIn(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{1,18}$/.test(text)) return text;
  throw new TgError(
    'usage',
    `the seed must be a whole number of at most 18 digits, not ${JSON.stringify(text)}`,
    {
      where: '--seed',
    },
  );
}

/**
 * The folder of an SDK to build with: a path, or a name below the home's `sdks`.
 * @throws TgError (usage) where there is none.
 */
export function linkedSdk(asked: string | undefined, home: Home): string | undefined {
  if (asked === undefined) return undefined;
  const places = [resolve(asked), join(home.root, 'sdks', asked)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new TgError('usage', `there is no SDK at ${places.join(' or ')}`, { where: '--link-sdk' });
}
