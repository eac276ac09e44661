/** Whether an instance is wanted. */
export type InstanceFilter = (group: string, index: number) => boolean;

/**
 * Parses a filter of instances: words of which one must match. `single[3]`, `single[003]` and `single[0-9,12]` are
 * instances; another word is a part of a group's name or of an instance's tag. Case is ignored.
 */
export function instanceFilter(text: string): InstanceFilter {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const filters = words.map(filterOf);
  return (group, index) =>
    words.length === 0 || filters.some((matches) => matches(group.toLowerCase(), index));
}

function filterOf(word: string): InstanceFilter {
  const [, name = '', list] = /^(.*)\[([\d,-]+)\]$/.exec(word) ?? [];
  if (list === undefined)
    return (group, index) => `${group}[${String(index).padStart(3, '0')}]`.includes(word);
  const ranges = list.split(',').map((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return { first, last };
  });
  return (group, index) =>
    group.endsWith(name) && ranges.some(({ first, last }) => first <= index && index <= last);
}
