/** An instance: its group, and its index in the group, from 0. */
export interface InstanceId {
  readonly group: string;
  readonly index: number;
}

/** The name that people and scripts use for an instance: `single[003]`. */
export function instanceTag({ group, index }: InstanceId): string {
  return `${group}[${String(index).padStart(3, '0')}]`;
}
