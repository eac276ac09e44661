import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configKeysOfAll } from '../builders/builders.ts';
import { type Home, homeOf, prepareHome } from '../os/home.ts';
import { buildArgsOf, genericStandIn } from '../plan/docker/generic.ts';
import { readHomeConfig } from '../plan/home-config.ts';
import { findPlan } from '../plan/manifest/find.ts';
import { type ReadManifest, readManifest } from '../plan/manifest/manifest.ts';
import type { Strict } from '../plan/resolve/builds.ts';
import { builders, namesOfRunners } from '../plan/resolve/choices.ts';
import type { ResolveContext } from '../plan/resolve/resolve.ts';
import type { MachineRunners } from '../plan/resolve/runner-info.ts';
import { newRunId } from '../run/run-id.ts';
import { newSeed } from '../run/seed.ts';
import { machineRunners } from '../runners/registry.ts';
import { TgError } from '../util/errors.ts';
import { leftOutOfSections } from './left-out-sections.ts';

/** The home in a folder; default: the home given by the environment. */
export function homeIn(folder: string | undefined): Home {
  return homeOf(folder === undefined ? process.env : { ...process.env, TESTGROUND_HOME: resolve(folder) });
}

/** The context of a request to run or build a plan, with the notes to report about it. */
export interface PlanContext extends ResolveContext {
  readonly notes: readonly string[];
}

export interface ContextOptions {
  /** Whether to refuse unknown keys, and values that do not match their declared type. */
  readonly strict?: boolean | undefined;
  /** The seed of the run, a decimal number; default: random. */
  readonly seed?: string | undefined;
  /** The folder that a plan's path is relative to. */
  readonly cwd?: string | undefined;
  /** The runner that is asked for; default: the plan's choice. */
  readonly runner?: string | undefined;
  /** The runners to choose from; default: those of this machine. */
  readonly runners?: MachineRunners | undefined;
}

/**
 * Returns the context of a request to run or build a plan.
 * @param asked the plan's name or path.
 * @throws TgError (usage) if there is no such plan, or its manifest or the home's configuration is invalid.
 */
export async function contextOf(
  asked: string,
  home: Home,
  { strict, seed, cwd = process.cwd(), runner, ...given }: ContextOptions,
): Promise<PlanContext> {
  const planDir = await findPlan(asked, home, cwd);
  const read = await readManifest(planDir);
  const { data: manifest, unknown, placeOf } = read;
  await prepareHome(home);
  const runners = given.runners ?? (await machineRunners([runner, ...namesOfRunners(manifest)]));
  return {
    runId: newRunId(),
    seed: seedIn(seed) ?? newSeed(),
    planDir,
    manifest,
    manifestPlace: placeOf,
    ...(strict ? { notes: [], strict: await strictly(planDir, read, runners) } : { notes: notesOf(unknown) }),
    homeConfig: await readHomeConfig(home),
    generic: genericStandIn(planDir, buildArgsOf(manifest)),
    redisFromEnv: process.env['TG_REDIS_URL'],
    runners,
  };
}

/** Applies `strict` to a manifest. If anything is refused, the error names all problems. */
async function strictly(
  planDir: string,
  { data, unknown }: ReadManifest,
  runners: MachineRunners,
): Promise<Strict> {
  const { doubts } = unknown.length > 0 ? await leftOutOfSections(planDir, data, runners) : { doubts: [] };
  return { configKeys: await configKeysOfAll(builders), doubts: [...unknown, ...doubts] };
}

/** Converts problems to notes. */
export function notesOf(problems: readonly TgError[]): string[] {
  return problems.map((problem) => problem.describe());
}

/** Parses `--seed`. @throws TgError (usage) for an invalid seed. */
export function seedIn(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{1,18}$/.test(text)) return text;
  const message = `the seed must be a whole number of at most 18 digits, not ${JSON.stringify(text)}`;
  throw new TgError('usage', message, { where: '--seed', hint: 'For instance --seed 42.' });
}

/**
 * Resolves the folder of an SDK: a path, or a name below the home's `sdks`.
 * @throws TgError (usage) if it does not exist.
 */
export function linkedSdk(asked: string | undefined, home: Home): string | undefined {
  if (asked === undefined) return undefined;
  const places = [resolve(asked), join(home.root, 'sdks', asked)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new TgError('usage', `there is no SDK at ${places.join(' or ')}`, {
    where: '--link-sdk',
    hint: 'Name the folder with the sources of the SDK, or a folder below sdks/ of the home.',
  });
}
