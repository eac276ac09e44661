/** Which instance: its group and its number in it, from 0. */
export interface InstanceId {
  readonly group: string;
  readonly index: number;
}

/** `single[003]`, as people and scripts know an instance. */
export function instanceTag({ group, index }: InstanceId): string {
  return `${group}[${String(index).padStart(3, '0')}]`;
}
