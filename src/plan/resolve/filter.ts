import { allOf, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { RequestedRun } from './requested.ts';

/** Which runs are wanted. */
export interface RunFilter {
  /** Names of runs, in the order in which they are to be carried out; empty for all of them. */
  readonly ids: readonly string[];
  /** Patterns of which one must fit; empty for no such wish. */
  readonly select: readonly string[];
  /** Patterns of which none may fit. */
  readonly ignore: readonly string[];
}

/**
 * The runs that a filter leaves. A pattern is a run's name, or `key=value` for the value of a parameter of its matrix
 * (several of them with commas: all must fit); `*` stands for anything.
 * @throws TgError (usage) for a name that no run has, and where nothing is left.
 */
export function filterRuns(
  runs: readonly RequestedRun[],
  { ids, select, ignore }: RunFilter,
): RequestedRun[] {
  const named =
    ids.length === 0 ? runs : [...new Set(allOf(ids.map((id) => () => runsCalled(id, runs))).flat())];
  const left = named.filter(
    (run) =>
      (select.length === 0 || select.some((pattern) => fits(run, pattern))) &&
      !ignore.some((pattern) => fits(run, pattern)),
  );
  if (left.length > 0) return left;
  throw new TgError('usage', 'no run is left by --select and --ignore', {
    hint: `There are: ${runs.map(({ name }) => name).join(', ')}.`,
  });
}

function runsCalled(id: string, runs: readonly RequestedRun[]): RequestedRun[] {
  const found = runs.filter(({ name, of }) => name === id || of === id);
  if (found.length > 0) return found;
  throw new TgError('usage', `no run is called "${id}"`, {
    where: '--run-ids',
    hint: didYouMean(id, new Set(runs.flatMap(({ name, of }) => [of, name])), 'run'),
  });
}

function fits({ name, combination }: RequestedRun, pattern: string): boolean {
  if (globOf(pattern).test(name)) return true;
  const parts = pattern.split(',').map((part) => /^([^=]+)=(.*)$/s.exec(part));
  return parts.every((part) => {
    const value = combination[part?.[1] ?? ''];
    return value !== undefined && globOf(part?.[2] ?? '').test(value);
  });
}

function globOf(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
}
