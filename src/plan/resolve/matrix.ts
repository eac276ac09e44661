import { TgError } from '../../util/errors.ts';
import type { Layer } from './layered-config.ts';
import type { RequestedRun } from './requested.ts';

/** A setting with several values. */
export interface Axis {
  /** A parameter, `instances`, or `run.` and a key of the run configuration. */
  readonly name: string;
  readonly values: readonly string[];
  /** Its origin, for messages. */
  readonly where: string;
}

/** The prefix of an axis that varies run configuration: `run.timeout`. */
const runPrefix = 'run.';

/** What an axis varies. A parameter that the test case declares wins over another meaning of its name. */
export function variedBy(name: string, declared: ReadonlySet<string>): 'parameter' | 'instances' | 'run' {
  if (declared.has(name)) return 'parameter';
  if (name === 'instances') return 'instances';
  return name.startsWith(runPrefix) ? 'run' : 'parameter';
}

/**
 * Repeats every run for each combination of values, the last axis changing fastest. Their names end in
 * `-n=1-size=2`. Without axes, returns the runs unchanged.
 * @param declared the parameters of the test case.
 * @throws TgError (usage) for a number of instances that is none, or that the groups of a run cannot have together.
 */
export function expandMatrix(
  runs: readonly RequestedRun[],
  axes: readonly Axis[],
  declared: ReadonlySet<string> = new Set(),
): RequestedRun[] {
  const expanded = runs.flatMap((run) =>
    combinationsOf(axes).map((values) => {
      const suffix = axes.map(({ name }, index) => `-${name}=${values[index]}`).join('');
      const named = {
        ...run,
        // Used in file names and in CSV.
        name: run.name + suffix.replace(/[^\w.@+=-]/g, '_'),
        combination: Object.fromEntries(axes.map(({ name }, index) => [name, values[index] ?? ''])),
      };
      return axes.reduce(
        (before, axis, index) => withValue(before, axis, values[index] ?? '', declared),
        named,
      );
    }),
  );
  return withDifferentNames(expanded);
}

type Combination = readonly string[];

function combinationsOf(axes: readonly Axis[]): Combination[] {
  return axes.reduce<Combination[]>(
    (before, { values }) => before.flatMap((combination) => values.map((value) => [...combination, value])),
    [[]],
  );
}

function withValue(
  run: RequestedRun,
  { name, where }: Axis,
  value: string,
  declared: ReadonlySet<string>,
): RequestedRun {
  const varied = variedBy(name, declared);
  if (varied === 'instances') return resized(run, countIn(value, where), where);
  if (varied === 'run') {
    const layer: Layer = { where, values: { [name.slice(runPrefix.length)]: value } };
    return { ...run, runConfig: [...run.runConfig, layer] };
  }
  const layer = { where, values: { [name]: value } };
  return { ...run, groups: run.groups.map((group) => ({ ...group, params: [...group.params, layer] })) };
}

function countIn(value: string, where: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new TgError('usage', `not a number of instances: ${JSON.stringify(value)}`, {
    where: `${where}: instances`,
    hint: 'Write whole numbers from 1 on, for instance instances=20,60,200.',
  });
}

/** Gives the groups of a run their shares of a number of instances. */
function resized(run: RequestedRun, total: number, where: string): RequestedRun {
  const counts = run.countsFor(total, `${where}: instances`);
  const groups = run.groups.map((group, index) => ({
    ...group,
    instances: { value: counts[index] ?? 0, where },
  }));
  return { ...run, groups };
}

/** Appends a number to names that would otherwise be equal. */
function withDifferentNames(runs: readonly RequestedRun[]): RequestedRun[] {
  const taken = new Set<string>();
  return runs.map((run) => {
    let name = run.name;
    for (let more = 2; taken.has(name); more++) name = `${run.name}.${more}`;
    taken.add(name);
    return { ...run, name };
  });
}
