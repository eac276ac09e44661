import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Home } from '../os/home.ts';
import { removeTree } from '../os/remove-tree.ts';
import { expecting } from '../util/errors.ts';
import { removeDockerLink } from './docker-link.ts';

/** File names in an instance's outputs folder. */
export const instanceFiles = {
  out: 'run.out',
  err: 'run.err',
  /** The names of captured stdout and stderr until the instance ends: SDKs write run.out themselves. */
  capturedOut: '.run.out.captured',
  capturedErr: '.run.err.captured',
  /** What the instance's SDK wrote to INFLUXDB_URL, as line protocol with timestamps in ns. */
  metrics: 'metrics.lp',
  /** Written by SDKs: `R()` and `D()` of the Go SDK, as JSON lines. */
  results: 'results.out',
  diagnostics: 'diagnostics.out',
  /** Written by SDKs: the names and types of the instance's attachments, as JSON lines. */
  attachments: 'attachments.out',
  /** A folder with the coverage data of Go and V8. */
  coverage: 'coverage',
} as const;

/** Files that tg adds at the root of a run's outputs; the only folders there are groups. */
export const runFiles = {
  journal: 'journal.ndjson',
  /** Rewritten regularly during the run; never packed. */
  heartbeat: '.heartbeat',
  result: 'result.json',
  /** The instances' activity at the sync service, with times. */
  activity: 'sync.ndjson',
  /** Everything needed to repeat the run. */
  bundle: 'run.json',
  /** The same in human-readable form. */
  composition: 'composition.toml',
  /** All measurements of the run's instances. */
  metrics: 'metrics.parquet',
} as const;

/** The alias for the latest run, and the name of its link. */
export const latestRun = 'latest';

/** `<outputs>/<plan>/<run id>`; characters that a folder name cannot contain become `-`. */
export function runDirOf(home: Home, plan: string, runId: string): string {
  return join(home.outputs, plan.replace(/[^\w.@+-]+/g, '-').replace(/^\.+/, '-'), runId);
}

/** `<run>/<group>/<instance number>` */
export function instanceDirOf(runDir: string, group: string, index: number): string {
  return join(runDir, group, String(index));
}

/**
 * Creates a run's folder and points the `latest` link next to it to the folder.
 * @throws TgError (environment) when it cannot be created.
 */
export async function makeRunDir(runDir: string, runId: string): Promise<void> {
  await makeRunDirWithLink(runDir, runId).catch(
    expecting(
      'environment',
      dirname(runDir),
      'the outputs cannot be written',
      'Fix the permissions of that folder.',
    ),
  );
}

async function makeRunDirWithLink(runDir: string, runId: string): Promise<void> {
  await mkdir(runDir, { recursive: true });
  const link = join(runDir, '..', latestRun);
  const made = `${link}.${runId}`;
  // Replaced by rename: the link is never missing, even if other runs start now.
  await rm(made, { force: true });
  await symlink(runId, made);
  await rename(made, link);
}

/**
 * Removes a run's outputs and the links to them.
 * @returns why they could not be removed, if they could not.
 */
export async function removeRun(runDir: string): Promise<string | undefined> {
  const problem = await removeTree(runDir);
  if (problem !== undefined) return problem;
  await removeDockerLink(runDir);
  const link = join(dirname(runDir), latestRun);
  if ((await readlink(link).catch(() => undefined)) === basename(runDir)) await rm(link, { force: true });
  return undefined;
}

/** The folder of a run, by its ID, or counted back from the latest one: `latest`, `latest~1`; undefined if there is none. */
export async function findRunDir(home: Home, asked: string): Promise<string | undefined> {
  const [, back] = /^latest(?:~(\d{1,6}))?$/.exec(asked) ?? [];
  if (back !== undefined || asked === latestRun) {
    const begun = (await knownRunDirs(home)).filter((dir) => existsSync(join(dir, runFiles.journal)));
    return begun[Number(back ?? 0)];
  }
  if (!/^[\w-]+$/.test(asked)) return undefined;
  const plans = await namesIn(home.outputs, 'folders');
  return plans.map((plan) => join(home.outputs, plan, asked)).find((dir) => existsSync(dir));
}

/** The IDs of all runs in the home, newest first. */
export async function knownRunIds(home: Home): Promise<string[]> {
  return (await knownRunDirs(home)).map((dir) => basename(dir));
}

/** Whether tg created the folder for a run: it contains a journal, which may be empty after a full disk. */
export async function isRunDir(dir: string): Promise<boolean> {
  const journal = await lstat(join(dir, runFiles.journal)).catch(() => undefined);
  return journal?.isFile() === true;
}

/** The folders of all runs in the home, newest first. */
export async function knownRunDirs(home: Home): Promise<string[]> {
  const plans = await namesIn(home.outputs, 'folders');
  const dirs = await Promise.all(
    plans.map(async (plan) => {
      const ids = await namesIn(join(home.outputs, plan), 'folders');
      return ids.filter(isRunId).map((id) => join(home.outputs, plan, id));
    }),
  );
  return dirs.flat().sort((a, b) => (basename(a) < basename(b) ? 1 : -1));
}

/** Whether a name is the ID of a run. */
export function isRunId(name: string): boolean {
  return /^[0-9a-v]{20}$/.test(name);
}

/** The outputs folders of all instances of a run. */
export async function instanceDirsOf(runDir: string): Promise<string[]> {
  const dirs: string[] = [];
  for (const group of await namesIn(runDir, 'folders')) {
    for (const index of await namesIn(join(runDir, group), 'folders')) dirs.push(join(runDir, group, index));
  }
  return dirs;
}

async function namesIn(folder: string, which: 'all' | 'folders' = 'all'): Promise<string[]> {
  // It does not exist, or is not a folder.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => which === 'all' || entry.isDirectory()).map(({ name }) => name);
}
