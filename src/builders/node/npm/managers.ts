import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TgError } from '../../../util/errors.ts';
import { lockFiles } from '../../store/npm-packages.ts';
import type { NodePackage } from '../package.ts';
import { findProgram } from './program.ts';

/** A package manager, as used for one plan. */
export interface Manager {
  readonly program: 'npm' | 'pnpm' | 'yarn';
  /** Its lock file; undefined if the plan has none. */
  readonly lock: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The major versions that read this lock file; undefined for any. */
  readonly majors: { readonly from: number; readonly to: number } | undefined;
}

const bunLocks = ['bun.lock', 'bun.lockb'];

/**
 * Determines a plan's package manager: the one of its lock file; without one, `packageManager`, else npm. Among
 * several lock files `packageManager` decides, else npm's is used: docker:node ran `npm ci`.
 * @throws TgError (build) if Bun's is the only lock file.
 */
export async function managerOf(
  planDir: string,
  names: ReadonlySet<string>,
  manifest: NodePackage,
): Promise<Manager> {
  const asked = /^(npm|pnpm|yarn)(?:@|$)/.exec(manifest.packageManager ?? '')?.[1];
  const npmLock = lockFiles.npm.find((name) => names.has(name));
  const locks = {
    npm: npmLock,
    pnpm: names.has(lockFiles.pnpm) ? lockFiles.pnpm : undefined,
    yarn: names.has(lockFiles.yarn) ? lockFiles.yarn : undefined,
  };
  const order = ['npm', 'pnpm', 'yarn'] as const;
  const first = order.find((name) => name === asked);
  const program = [...(first === undefined ? [] : [first]), ...order].find(
    (name) => locks[name] !== undefined,
  );
  const bun = bunLocks.find((name) => names.has(name));
  if (program === undefined && bun !== undefined) throw bunOnly(join(planDir, bun));
  const chosen = program ?? first ?? 'npm';
  if (chosen === 'npm') return npm(locks.npm);
  if (chosen === 'pnpm') return pnpm(locks.pnpm, names.has('pnpm-workspace.yaml'));
  return await yarn(planDir, locks.yarn, manifest.packageManager);
}

/** Installs devDependencies regardless of NODE_ENV: a plan in TypeScript needs its tools. */
function npm(lock: string | undefined): Manager {
  const what = lock === undefined ? 'install' : 'ci';
  return {
    ...{ program: 'npm', lock, env: {}, majors: undefined },
    args: [what, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
  };
}

function pnpm(lock: string | undefined, isWorkspace: boolean): Manager {
  const frozen = lock === undefined ? '--no-frozen-lockfile' : '--frozen-lockfile';
  // A workspace above the installation folder has nothing to do with the plan.
  const alone = isWorkspace ? [] : ['--ignore-workspace'];
  return {
    ...{ program: 'pnpm', lock, env: { CI: 'true' }, majors: undefined },
    args: ['install', frozen, ...alone, '--prod=false', '--reporter=append-only'],
  };
}

/** Yarn 1 and later versions share a name, and read each other's lock files badly. */
async function yarn(planDir: string, lock: string | undefined, asked: string | undefined): Promise<Manager> {
  const isBerry =
    lock === undefined
      ? /^yarn@(?!1\b)/.test(asked ?? '')
      : /^__metadata:/m.test(await readFile(join(planDir, lock), 'utf8'));
  if (!isBerry) {
    const frozen = lock === undefined ? [] : ['--frozen-lockfile'];
    return {
      ...{ program: 'yarn', lock, env: {}, majors: { from: 1, to: 1 } },
      args: ['install', ...frozen, '--non-interactive', '--production=false', '--no-progress'],
    };
  }
  return {
    ...{ program: 'yarn', lock, majors: { from: 2, to: Number.POSITIVE_INFINITY } },
    args: ['install', lock === undefined ? '--no-immutable' : '--immutable'],
    // Plug'n'Play has no node_modules for the instances to resolve from.
    env: { YARN_NODE_LINKER: 'node-modules', YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_PROGRESS_BARS: '0' },
  };
}

/**
 * The manager for an installation with copied folders, whose contents Yarn 2 and later would check against the lock
 * file.
 */
export function forFolders(manager: Manager): Manager {
  return { ...manager, args: manager.args.map((word) => (word === '--immutable' ? '--no-immutable' : word)) };
}

/** @throws TgError (environment) with installation advice if a package manager is not on PATH. */
export function checkManager(
  { program, lock, majors }: Manager,
  planDir: string,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): void {
  if (findProgram(program, env) !== undefined) return;
  const why = lock ?? 'package.json';
  throw new TgError('environment', `${why} is for ${program}, which is not on PATH`, {
    where: join(planDir, why),
    hint: howToGet(program, asked, majors?.from),
  });
}

/** Advice for installing a package manager. */
export function howToGet(
  program: Manager['program'],
  asked: string | undefined,
  major: number | undefined,
): string {
  if (program === 'npm') return 'Install npm, which comes with Node, or put it on PATH.';
  const wanted = asked?.startsWith(`${program}@`) ? asked.replace(/\+.*$/, '') : undefined;
  const isBerry = program === 'yarn' && major !== 1;
  const enable = `corepack enable ${program}${isBerry ? ' && corepack prepare yarn@stable --activate' : ''}`;
  const global = isBerry
    ? 'npm install --global @yarnpkg/cli-dist'
    : `npm install --global ${wanted ?? program}`;
  return `Get it with \`${enable}\` or \`${global}\`, or install the plan's packages yourself: a node_modules there is used as is.`;
}

function bunOnly(lock: string): TgError {
  return new TgError('build', 'the packages are locked for Bun, which tg does not run', {
    where: lock,
    hint: "Install them in the plan's folder (bun install): a node_modules there is used as is. Or add a lock file of npm, pnpm or yarn.",
  });
}
