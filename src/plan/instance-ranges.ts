import type { InstanceId } from './instance-id.ts';

/** Formats instances as ranges: `single[0-4,7], other[2]`. */
export function rangesOf(instances: readonly InstanceId[]): string {
  const groups = new Map<string, number[]>();
  for (const { group, index } of instances) {
    const numbers = groups.get(group) ?? [];
    groups.set(group, numbers);
    numbers.push(index);
  }
  return [...groups].map(([group, numbers]) => `${group}[${ranges(numbers)}]`).join(', ');
}

function ranges(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found: [first: number, last: number][] = [];
  for (const number of sorted) {
    const open = found.at(-1);
    if (open !== undefined && number <= open[1] + 1) open[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
