import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { removeWork, workOlderThan } from '../build/prune.ts';
import { TgError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { listRecords, readRecord } from '../history/record.ts';
import { endWhatIsLeft } from '../history/terminate.ts';
import { type Home, homeOf } from '../home.ts';
import { knownRunDirs, removeRun } from '../outputs/layout.ts';
import { parseGoDuration } from '../values/go-duration.ts';
import { columns } from './output/columns.ts';
import { say, sayAside } from './output/say.ts';

export interface PruneOptions {
  readonly olderThan: string;
  readonly yes?: boolean;
  readonly runs?: boolean;
  readonly builds?: boolean;
}

interface Prunable {
  readonly what: 'run' | 'build';
  readonly name: string;
  readonly changed: Date;
  readonly bytes: number;
  remove(): Promise<void>;
}

const day = 24 * 60 * 60 * 1_000;

/** `tg prune --older-than 7d`: shows which runs and builds are old, and with `--yes` removes them. */
export async function prune({ olderThan, yes, runs, builds }: PruneOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const before = new Date(Date.now() - ageIn(olderThan));
  const everything = !runs && !builds;
  const found = [
    ...(runs || everything ? await oldRuns(home, before) : []),
    ...(builds || everything ? await oldBuilds(home, before) : []),
  ];
  if (found.length === 0) {
    say(`nothing here is older than ${olderThan}\n`);
    return exitCodes.success;
  }
  const rows = found.map(({ what, name, changed, bytes }) => [
    what,
    name,
    changed.toISOString(),
    sizeWords(bytes),
  ]);
  say(columns([['WHAT', 'NAME', 'LAST USED', 'SIZE'], ...rows], [3]));
  const total = sizeWords(found.reduce((sum, { bytes }) => sum + bytes, 0));
  if (!yes) {
    say(`${found.length} of them, ${total} together; nothing was removed: add --yes to remove them\n`);
    return exitCodes.success;
  }
  for (const { remove } of found) await remove();
  say(`removed ${found.length} of them, ${total} together\n`);
  return exitCodes.success;
}

/** An age in ms: a Go duration, or days. */
function ageIn(text: string): number {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  const ms = days === undefined ? parseGoDuration(text) : Number(days) * day;
  if (ms !== undefined && ms >= 0) return ms;
  throw new TgError('usage', `not an age: ${JSON.stringify(text)}`, {
    where: '--older-than',
    hint: 'For instance 7d, 36h or 90m.',
  });
}

/** What goes on stays, whatever its age; one without a record has had a full disk, or somebody wrote there. */
async function oldRuns(home: Home, before: Date): Promise<Prunable[]> {
  const found: Prunable[] = [];
  for (const dir of await knownRunDirs(home)) {
    const record = await readRecord(dir);
    const changed = record?.updated ?? (await stat(dir)).mtime;
    if (record?.state === 'processing' || changed > before) continue;
    const runId = basename(dir);
    const remove = async () => {
      if (record === undefined || record.state === 'interrupted') await endWhatIsLeft(runId);
      await removeRun(dir);
    };
    const name = `${runId} (${record?.plan ?? 'no record'})`;
    found.push({ what: 'run', name, changed, bytes: await bytesIn(dir), remove });
  }
  return found;
}

/** While a run goes on nothing is removed of what was built: it may need it to its end. */
async function oldBuilds(home: Home, before: Date): Promise<Prunable[]> {
  for await (const { state, runId } of listRecords(home)) {
    if (state !== 'processing') continue;
    sayAside(`the run ${runId} goes on: what was built stays\n`);
    return [];
  }
  const found = await workOlderThan(home, before);
  return await Promise.all(
    found.map(async ({ name, dir, used }) => ({
      ...({ what: 'build', name, changed: used, bytes: await bytesIn(dir) } as const),
      remove: () => removeWork(dir),
    })),
  );
}

/** How much the files below a folder take. */
async function bytesIn(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    else if (entry.isFile())
      bytes += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}

function sizeWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${units[power]}`;
}
