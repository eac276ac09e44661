import type { InstanceId } from './instance-id.ts';

/** At most this many ranges are listed. */
const maxRanges = 20;

/** Instances with consecutive numbers. */
interface Range {
  readonly group: string;
  readonly first: number;
  last: number;
}

/** Formats instances as ranges: `single[0-4,7], other[2]`; beyond 20 ranges, `single[0,2,4] and 97 more`. */
export function rangesOf(instances: readonly InstanceId[]): string {
  const ranges = [...numbersByGroup(instances)].flatMap(([group, numbers]) => rangesIn(group, numbers));
  const shown = ranges.slice(0, maxRanges);
  const groups = [...new Set(shown.map(({ group }) => group))];
  const text = groups.map((group) => `${group}[${textOf(shown, group)}]`).join(', ');
  const more = ranges.slice(maxRanges).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return more === 0 ? text : `${text} and ${more} more`;
}

function numbersByGroup(instances: readonly InstanceId[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { group, index } of instances) {
    const numbers = groups.get(group);
    if (numbers === undefined) groups.set(group, [index]);
    else numbers.push(index);
  }
  return groups;
}

function rangesIn(group: string, numbers: readonly number[]): Range[] {
  const found: Range[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const open = found.at(-1);
    if (open !== undefined && number <= open.last + 1) open.last = number;
    else found.push({ group, first: number, last: number });
  }
  return found;
}

function textOf(ranges: readonly Range[], of: string): string {
  return ranges
    .filter(({ group }) => group === of)
    .map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
    .join(',');
}
