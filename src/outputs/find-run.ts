import { basename } from 'node:path';
import type { Home } from '../os/home.ts';
import { asTyped } from '../util/command-name.ts';
import { TgError } from '../util/errors.ts';
import { suggestions } from '../util/suggest.ts';
import { findRunDir, knownRunDirs, knownRunIds, latestRun } from './layout.ts';

/** The least number of characters in the beginning of an ID. */
const leastBeginning = 6;

/**
 * The folder of a run.
 * @param asked its ID or the beginning of one, `latest`, or `latest~2` for the one two before it.
 * @throws TgError (collect) for an unknown run, with suggestions, and for a beginning of several IDs.
 */
export async function findRun(home: Home, asked: string): Promise<string> {
  const runDir = (await findRunDir(home, asked)) ?? (await findByBeginning(home, asked));
  if (runDir === undefined) throw await unknownRun(home, asked);
  return runDir;
}

async function findByBeginning(home: Home, asked: string): Promise<string | undefined> {
  if (asked.length < leastBeginning) return undefined;
  const dirs = (await knownRunDirs(home)).filter((dir) => basename(dir).startsWith(asked));
  if (dirs.length < 2) return dirs[0];
  const named = dirs.slice(0, latestRuns.named).map((dir) => basename(dir));
  throw new TgError('collect', `${dirs.length} runs have an ID that begins with "${asked}"`, {
    hint: `The latest of them: ${named.join(', ')}.`,
  });
}

/** How many of the latest runs are compared with a mistyped ID, and how many are suggested. */
const latestRuns = { compared: 200, named: 3 };

async function unknownRun(home: Home, runId: string): Promise<TgError> {
  const known = await knownRunIds(home);
  const near = suggestions(runId, known.slice(0, latestRuns.compared));
  // The default if a command is called without a run.
  if (runId === latestRun)
    return new TgError('collect', `no run is kept in ${home.root}`, {
      hint: `Start one: ${asTyped('run single --plan example --testcase sync')}. For a run in another home, set TESTGROUND_HOME.`,
    });
  const message = `no run has the ID "${runId}"`;
  if (known.length === 0)
    return new TgError('collect', message, { hint: `No run is kept in ${home.outputs}.` });
  if (near.length > 0) return new TgError('collect', message, { hint: `Did you mean ${near.join(', ')}?` });
  return new TgError('collect', message, {
    hint: `The latest runs: ${known.slice(0, latestRuns.named).join(', ')}.`,
  });
}
