import type { RequestedRun } from './requested.ts';

/** A parameter with several values. */
export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
  /** Its origin, for messages. */
  readonly where: string;
}

/**
 * Repeats every run for each combination of values, the last axis changing fastest. Their names end in
 * `-n=1-size=2`. Without axes, returns the runs unchanged.
 */
export function expandMatrix(runs: readonly RequestedRun[], axes: readonly Axis[]): RequestedRun[] {
  const expanded = runs.flatMap((run) => combinationsOf(axes).map((values) => withValues(run, values, axes)));
  return withDifferentNames(expanded);
}

type Combination = readonly string[];

function combinationsOf(axes: readonly Axis[]): Combination[] {
  return axes.reduce<Combination[]>(
    (before, { values }) => before.flatMap((combination) => values.map((value) => [...combination, value])),
    [[]],
  );
}

function withValues(run: RequestedRun, values: Combination, axes: readonly Axis[]): RequestedRun {
  const layers = axes.map(({ name, where }, index) => ({ where, values: { [name]: values[index] ?? '' } }));
  const suffix = axes.map(({ name }, index) => `-${name}=${values[index]}`).join('');
  return {
    ...run,
    // Used in file names and in CSV.
    name: run.name + suffix.replace(/[^\w.@+=-]/g, '_'),
    combination: Object.assign({}, ...layers.map((layer) => layer.values)),
    groups: run.groups.map((group) => ({ ...group, params: [...group.params, ...layers] })),
  };
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
