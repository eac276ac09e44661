import { basename } from 'node:path';
import type { Home } from '../os/home.ts';
import { asTyped } from '../util/command-name.ts';
import { TgError } from '../util/errors.ts';
import { suggestions } from '../util/suggest.ts';
import { knownRunDirs, knownRunIds, latestRun } from './layout.ts';

/** The least number of characters in the beginning of an ID. */
export const leastBeginning = 6;

/**
 * Finds the folder of a run by the beginning of its ID.
 * @throws TgError (collect) for a beginning of several IDs.
 */
export async function findByBeginning(home: Home, asked: string): Promise<string | undefined> {
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

/**
 * The error for a run that is not there.
 * @param labels the labels of the latest runs, which may have been meant.
 */
export async function unknownRun(
  home: Home,
  runId: string,
  labels: readonly string[] = [],
): Promise<TgError> {
  const known = await knownRunIds(home);
  const near = suggestions(runId, [...labels, ...known.slice(0, latestRuns.compared)]);
  // The default if a command is called without a run.
  if (runId === latestRun)
    return new TgError('collect', `no run is kept in ${home.root}`, {
      hint: `Start one: ${asTyped('run single --plan example --testcase sync')}. For a run in another home, set TESTGROUND_HOME.`,
    });
  const message = `no run has the ID or label "${runId}"`;
  if (known.length === 0)
    return new TgError('collect', message, { hint: `No run is kept in ${home.outputs}.` });
  if (near.length > 0) return new TgError('collect', message, { hint: `Did you mean ${near.join(', ')}?` });
  return new TgError('collect', message, {
    hint: `The latest runs: ${known.slice(0, latestRuns.named).join(', ')}.`,
  });
}
