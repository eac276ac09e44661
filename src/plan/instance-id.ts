/** An instance: its group, and its index in the group, from 0. */
export interface InstanceId {
  readonly group: string;
  readonly index: number;
}

/** The name that people and scripts use for an instance: `single[003]`. */
export function instanceTag({ group, index }: InstanceId): string {
  return `${group}[${String(index).padStart(3, '0')}]`;
}

/** All instances of groups, in order. */
export function instancesOfGroups(
  groups: readonly { readonly id: string; readonly instances: number }[],
): InstanceId[] {
  return groups.flatMap(({ id, instances }) =>
    Array.from({ length: instances }, (_, index) => ({ group: id, index })),
  );
}

/** The kinds of things that an instance runs as. */
export const instanceKinds = ['process', 'container', 'pod', 'manual'] as const;

/** A reference to what an instance runs as, for events and records. */
export interface InstanceRef {
  readonly kind: (typeof instanceKinds)[number];
  /** The PID, container ID or pod name; empty for an instance that a person starts. */
  readonly id: string;
  /** When a process was started, in clock ticks since boot; undefined if the system has no /proc. */
  readonly startTicks?: string | undefined;
  /** The kernel's ID of the boot in which a process was started. */
  readonly boot?: string | undefined;
}
