import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Home } from '../os/home.ts';
import { unpackRun } from '../outputs/archive/unpack.ts';
import { findByBeginning, leastBeginning, unknownRun } from '../outputs/find-run.ts';
import { findRunDir, isRunId, runFiles } from '../outputs/layout.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import { isSeriesId, seriesFile } from '../run/series/series-record.ts';
import { asTyped } from '../util/command-name.ts';
import { TgError } from '../util/errors.ts';
import { listRecords, type RunRecord, readableRecord, readRecord } from './record.ts';
import { readSeries, type SeriesRecord } from './series.ts';

/** Receives what the user should know about a selection, as text. */
export type OnSelected = (text: string) => void;

/**
 * Finds a run that a user names: by its ID or the beginning of it, `latest`, `latest~2`, the path of its folder or of
 * its archive, or as the latest run of a series or with a label.
 * @param note called if a series or a label names several runs.
 * @throws TgError (collect) if there is no such run, or its records cannot be read.
 */
export async function selectRun(
  home: Home,
  asked = 'latest',
  note: OnSelected = () => {},
): Promise<RunRecord> {
  return await readableRecord(await selectRunDir(home, asked, note));
}

/** Finds the folder of a run as `selectRun` does, also of one whose records cannot be read. */
export async function selectRunDir(home: Home, asked: string, note: OnSelected = () => {}): Promise<string> {
  const one = await findOne(home, asked);
  if (one !== undefined) return one;
  const [latest, ...others] = await findSeveral(home, asked);
  if (others.length > 0)
    note(`${asked} names ${others.length + 1} runs: this is the latest of them, ${latest.runId}`);
  return latest.dir;
}

/**
 * Finds all runs that a user names: of each name, one as `selectRun` does, or those of a series or with a label, newest
 * first.
 * @param asked the names, separated by commas.
 * @returns them in that order, each once; empty if no name is given.
 * @throws TgError (collect) as `selectRun` does.
 */
export async function selectRuns(home: Home, asked: string): Promise<RunRecord[]> {
  // An archive has another folder than the run that it was made from.
  const byId = new Map<string, RunRecord>();
  for (const name of asked.split(',')) {
    if (name === '') continue;
    const one = await findOne(home, name);
    const found = one === undefined ? await findSeveral(home, name) : [await readableRecord(one)];
    for (const record of found) byId.set(record.runId, record);
  }
  return [...byId.values()];
}

/**
 * Finds runs as `selectRuns` does, in this home only: a record from elsewhere may name processes that are not its own.
 * @throws TgError (collect) as `selectRun` does.
 */
export async function selectKeptRuns(
  home: Home,
  asked: string,
): Promise<readonly [RunRecord, ...RunRecord[]]> {
  const one = await findKept(home, asked);
  return one === undefined ? await findSeveral(home, asked) : [await readableRecord(one)];
}

/** The folder of a run that `asked` names alone. */
async function findOne(home: Home, asked: string): Promise<string | undefined> {
  return (await folderOrArchive(asked)) ?? (await findKept(home, asked));
}

async function findKept(home: Home, asked: string): Promise<string | undefined> {
  return (await findRunDir(home, asked)) ?? (await findByBeginning(home, asked));
}

async function folderOrArchive(asked: string): Promise<string | undefined> {
  const isArchive = /\.(?:tgz|tar\.gz)$/.test(asked);
  // Resolved only if it is a path: the current folder may be gone. IDs and labels have no slash.
  if (!isArchive && !asked.includes('/')) return undefined;
  const path = resolve(asked);
  // A link given by the user is followed.
  const real = await realpath(path).catch(() => path);
  const there = whatIsAt(real);
  if (there?.isDirectory() && existsSync(join(path, runFiles.journal))) return path;
  if (there?.isFile() && isArchive) return await readableArchive(real);
  const what =
    there === undefined
      ? 'there is no such file or folder'
      : 'this is neither the folder of a run nor its archive';
  throw new TgError('collect', what, {
    where: path,
    hint: 'Name a run by its ID, a label, its folder, or an archive that tg collect has written.',
  });
}

/** How many of the latest series are searched for a run whose outputs were removed. */
const searched = 50;

/** The error for a round of a series that passed, and whose outputs were removed; undefined for another run. */
async function removedRound(home: Home, asked: string): Promise<TgError | undefined> {
  if (!isRunId(asked)) return undefined;
  for (const id of (await seriesIds(home)).slice(0, searched)) {
    const round = readSeries(seriesFile(home, id))?.entries.find(({ run_id }) => run_id === asked);
    if (round === undefined) continue;
    return new TgError('collect', `the outputs of the run ${asked} were removed`, {
      hint: `It was round ${round.round} of the series ${id}, with the outcome ${round.outcome}: ${asTyped(`report ${id}`)} has its metrics.`,
    });
  }
  return undefined;
}

/** Unpacks an archive. @throws TgError (collect) also if its records cannot be read: they are gone afterwards. */
async function readableArchive(path: string): Promise<string> {
  const dir = await unpackRun(path);
  if ((await readRecord(dir)) !== undefined) return dir;
  throw new TgError('collect', 'the records of the run in this archive cannot be read', {
    where: path,
    hint: 'Name an archive that tg collect has written.',
  });
}

/** The runs of a series, or with a label. */
async function findSeveral(home: Home, asked: string): Promise<[RunRecord, ...RunRecord[]]> {
  const series = await findSeries(home, asked);
  const [first, ...others] =
    series === undefined ? await withLabel(home, asked) : await keptRunsOf(home, series);
  if (first !== undefined) return [first, ...others];
  if (series === undefined)
    throw (await removedRound(home, asked)) ?? (await unknownRun(home, asked, await knownLabels(home)));
  throw new TgError('collect', `no run of the series ${series.id} is kept`, {
    hint: 'Of rounds that pass, the outputs of the last one are kept, and of all with --keep-passed.',
  });
}

/**
 * Finds a series by its ID or the beginning of it.
 * @throws TgError (collect) for a beginning of several IDs.
 */
export async function findSeries(home: Home, asked: string): Promise<SeriesRecord | undefined> {
  if (isSeriesId(asked)) return readSeries(seriesFile(home, asked));
  if (!asked.startsWith('s') || asked.length < leastBeginning) return undefined;
  const [first, ...others] = (await seriesIds(home)).filter((id) => id.startsWith(asked));
  if (first === undefined) return undefined;
  if (others.length === 0) return readSeries(seriesFile(home, first));
  throw new TgError('collect', `${others.length + 1} series have an ID that begins with "${asked}"`, {
    hint: `The latest of them: ${[first, ...others].slice(0, 3).join(', ')}.`,
  });
}

/** The IDs of all series of a home, newest first. */
export async function seriesIds(home: Home): Promise<string[]> {
  const names = await readdir(home.series).catch(() => []);
  const ids = names
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => name.slice(0, -'.ndjson'.length));
  return ids.filter(isSeriesId).sort().reverse();
}

/** The runs of a series whose outputs are kept, newest first. */
export async function keptRunsOf(home: Home, { id }: Pick<SeriesRecord, 'id'>): Promise<RunRecord[]> {
  return await recordsWhere(home, ({ series }) => series?.id === id);
}

async function withLabel(home: Home, label: string): Promise<RunRecord[]> {
  return await recordsWhere(home, ({ labels }) => labels.includes(label.normalize('NFC')));
}

async function recordsWhere(home: Home, isWanted: (record: RunRecord) => boolean): Promise<RunRecord[]> {
  const found: RunRecord[] = [];
  for await (const record of listRecords(home)) if (isWanted(record)) found.push(record);
  return found;
}

/** The number of latest runs whose labels are suggested in place of a mistyped one. */
const suggested = 200;

async function knownLabels(home: Home): Promise<string[]> {
  const labels = new Set<string>();
  let count = 0;
  for await (const record of listRecords(home)) {
    for (const label of record.labels) labels.add(label);
    if (++count >= suggested) break;
  }
  return [...labels];
}
