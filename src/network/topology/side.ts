import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { contains, type Range, rangeIn } from '../range.ts';

/**
 * One side of a path: instances with a label (a region, a group or an instance), with one of several, or those in a range
 * of addresses.
 */
export type Side =
  | { readonly label: string }
  | { readonly anyOf: readonly string[] }
  | { readonly range: Range };

/** The label that every instance has. */
export const everyone = 'all';

/** The labels of an instance, besides its regions: everyone, its group, and itself in both spellings. */
export function labelsOf(instance: InstanceId): readonly string[] {
  const { group, index } = instance;
  return [everyone, group, `${group}[${index}]`, instanceTag(instance)];
}

/** Reads a side. @returns undefined if it is neither a label nor a range. */
export function readSide(text: string, isLabel: (text: string) => boolean): Side | undefined {
  if (isLabel(text)) return { label: text };
  const range = rangeIn(text);
  return range && { range };
}

/** Whether an instance is on a side. @param address undefined while it has no network. */
export function isOn(side: Side, labels: readonly string[], address: number | undefined): boolean {
  if ('label' in side) return labels.includes(side.label);
  if ('anyOf' in side) return labels.some((label) => side.anyOf.includes(label));
  return address !== undefined && contains(side.range, address);
}
