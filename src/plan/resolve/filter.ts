import { allOf, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { RequestedRun } from './requested.ts';

/** Selects runs. */
export interface RunFilter {
  /** Names of runs in the order to carry them out; empty for all runs. */
  readonly ids: readonly string[];
  /** Patterns of which at least one must match; empty for no restriction. */
  readonly select: readonly string[];
  /** Patterns of which none may match. */
  readonly ignore: readonly string[];
}

/**
 * Returns the runs that match a filter. A pattern is a run's name, or `key=value` for a parameter of its matrix
 * (several separated by commas must all match); `*` matches anything.
 * @throws TgError (usage) for an unknown name, and if no run is left.
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
  throw new TgError('usage', '--select and --ignore leave no run', {
    hint: `There are: ${runs.map(({ name }) => name).join(', ')}.`,
  });
}

function runsCalled(id: string, runs: readonly RequestedRun[]): RequestedRun[] {
  const found = runs.filter(({ name, of }) => name === id || of === id);
  if (found.length > 0) return found;
  throw new TgError('usage', `there is no run "${id}"`, {
    where: '--run-ids',
    hint: didYouMean(id, new Set(runs.flatMap(({ name, of }) => [of, name])), 'run'),
  });
}

function fits({ name, combination }: RequestedRun, pattern: string): boolean {
  if (globOf(pattern).test(name)) return true;
  const parts = pattern.split(',').map((part) => /^([^=]+)=(.*)$/s.exec(part));
  return parts.every((part) => {
    const [, key = '', value = ''] = part ?? [];
    return Object.hasOwn(combination, key) && globOf(value).test(combination[key] ?? '');
  });
}

function globOf(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
}
