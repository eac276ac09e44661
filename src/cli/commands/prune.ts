import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { workOlderThan } from '../../builders/store/prune.ts';
import { removeWork } from '../../builders/store/remove-work.ts';
import { listRecords, type RunRecord, readRecord } from '../../history/record.ts';
import { seriesIds } from '../../history/select-runs.ts';
import { endWhatIsLeft } from '../../history/terminate.ts';
import { endLeftoversOf } from '../../library/leftovers.ts';
import { isFresh } from '../../os/heartbeat.ts';
import { type Home, homeOf } from '../../os/home.ts';
import { isRunDir, knownRunDirs, removeRun, runFiles } from '../../outputs/layout.ts';
import { seriesFile } from '../../run/series/series-record.ts';
import { RunKeys } from '../../sync/remove-run-keys.ts';
import { asTyped } from '../../util/command-name.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { parseGoDuration } from '../../values/go-duration.ts';
import { columns } from '../output/columns.ts';
import { say, sayAside } from '../output/say.ts';

export interface PruneOptions {
  readonly olderThan: string;
  readonly yes?: boolean;
  readonly runs?: boolean;
  readonly builds?: boolean;
  readonly force?: boolean;
}

interface Prunable {
  readonly what: 'run' | 'series' | 'build';
  readonly name: string;
  readonly changed: Date;
  readonly bytes: number;
  /** @returns the reason why it could not be removed, if any. */
  remove(): Promise<string | undefined>;
}

const day = 24 * 60 * 60 * 1_000;

/** `tg prune --older-than 7d`: lists old runs, records of series, and builds, and removes them with `--yes`. */
export async function prune({
  olderThan,
  yes,
  runs,
  builds,
  force = false,
}: PruneOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const before = new Date(Date.now() - ageIn(olderThan));
  const everything = !runs && !builds;
  using keys = new RunKeys(process.env['TG_REDIS_URL']);
  const found = [
    ...(runs || everything ? await oldRuns(home, before, { force, keys }) : []),
    ...(runs || everything ? await oldSeries(home, before) : []),
    ...(builds || everything ? await oldBuilds(home, before) : []),
  ];
  if (found.length === 0) {
    say(`nothing is older than ${olderThan}\n`);
    return exitCodes.success;
  }
  const rows = found.map(({ what, name, changed, bytes }) => [
    what,
    name,
    changed.toISOString(),
    sizeText(bytes),
  ]);
  say(columns([['WHAT', 'NAME', 'LAST USED', 'SIZE'], ...rows], [3]));
  if (!yes) {
    say(
      `found ${found.length}, ${bytesText(found)} in total; nothing was removed: add --yes to remove them\n`,
    );
    return exitCodes.success;
  }
  return await removeAll(found);
}

/** Removes as many as possible; one failure does not stop the others. */
async function removeAll(found: readonly Prunable[]): Promise<ExitCode> {
  const removed: Prunable[] = [];
  for (const each of found) {
    const problem = await each.remove();
    if (problem === undefined) removed.push(each);
    else sayAside(`kept ${each.what} ${each.name}: ${problem}\n`);
  }
  say(`removed ${removed.length}, ${bytesText(removed)} in total\n`);
  return removed.length === found.length ? exitCodes.success : exitCodes.environment;
}

/** Parses an age, a Go duration or days, into ms. */
function ageIn(text: string): number {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  const ms = days === undefined ? parseGoDuration(text) : Number(days) * day;
  if (ms !== undefined && ms >= 0) return ms;
  throw new TgError('usage', `not an age: ${JSON.stringify(text)}`, {
    where: '--older-than',
    hint: 'For instance 7d, 36h or 90m.',
  });
}

/**
 * Keeps active runs whatever their age and, unless forced, runs whose owner is not visible from here. A run without
 * a record comes from a full disk, or was not written by tg.
 */
async function oldRuns(
  home: Home,
  before: Date,
  { force, keys }: { readonly force: boolean; readonly keys: RunKeys },
): Promise<Prunable[]> {
  const found: Prunable[] = [];
  let unseen = 0;
  for (const dir of await knownRunDirs(home)) {
    if (!(await isRunDir(dir))) continue;
    const record = await readRecord(dir);
    const changed = record?.updated ?? (await stat(dir)).mtime;
    if (changed > before || record?.state === 'processing' || goesOnUnnamed(dir, record)) continue;
    if (record?.state === 'unknown' && !force) {
      unseen++;
      continue;
    }
    const runId = basename(dir);
    const remove = async () => {
      if (record?.state === 'interrupted')
        await endWhatIsLeft(record, { keys, endLeftovers: endLeftoversOf });
      return await removeRun(dir);
    };
    const name = `${runId} (${record?.plan ?? 'no record'})`;
    found.push({ what: 'run', name, changed, bytes: await bytesIn(dir), remove });
  }
  if (unseen > 0) {
    const [runs, its] =
      unseen === 1 ? ['kept 1 old run', 'its owner'] : [`kept ${unseen} old runs`, 'their owners'];
    sayAside(`${runs}: ${its} cannot be seen from here (${asTyped('tasks --state unknown')}): add --force\n`);
  }
  return found;
}

/** The records of series to which nothing was added lately. That of an active run is kept. */
async function oldSeries(home: Home, before: Date): Promise<Prunable[]> {
  const found: Prunable[] = [];
  const active = new Set<string>();
  for await (const { series, state } of listRecords(home))
    if (series !== undefined && state === 'processing') active.add(series.id);
  for (const name of await seriesIds(home)) {
    if (active.has(name)) continue;
    const file = seriesFile(home, name);
    const there = await lstat(file).catch(() => undefined);
    if (there === undefined || there.mtime > before) continue;
    const remove = () => rm(file, { force: true }).then(() => undefined, messageOf);
    found.push({ what: 'series', name, changed: there.mtime, bytes: there.size, remove });
  }
  return found;
}

/** A run whose journal could not be written on a full disk is active only by its heartbeat. */
function goesOnUnnamed(dir: string, record: RunRecord | undefined): boolean {
  return record === undefined && isFresh(join(dir, runFiles.heartbeat));
}

/** Artifacts in use by a run or a build are kept whatever their age. */
async function oldBuilds(home: Home, before: Date): Promise<Prunable[]> {
  const { old, inUse } = await workOlderThan(home, before);
  for (const holder of new Set(inUse.map((one) => one.holder)))
    sayAside(`${holder} is active: the artifacts that it uses are kept\n`);
  return await Promise.all(
    old.map(async ({ name, dir, used }) => ({
      ...({ what: 'build', name, changed: used, bytes: await bytesIn(dir) } as const),
      remove: () => removeWork(home, dir),
    })),
  );
}

/** The size of a file, or of all files below a folder, in bytes; does not follow links. */
async function bytesIn(path: string): Promise<number> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory() !== true) return there?.isFile() ? there.size : 0;
  let bytes = 0;
  for (const name of await readdir(path).catch(() => [])) bytes += await bytesIn(join(path, name));
  return bytes;
}

function bytesText(found: readonly Prunable[]): string {
  return sizeText(found.reduce((sum, { bytes }) => sum + bytes, 0));
}

function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${units[power]}`;
}
