import type { InstanceId } from '../../plan/instance-id.ts';
import { rangesOf } from '../../plan/instance-ranges.ts';

/** What happened to a fault, as an event and as a record. */
interface FaultStep {
  readonly fault: number;
  readonly kind: string;
  readonly text: string;
  readonly did: 'inject' | 'heal' | 'fail';
  readonly instances: readonly InstanceId[];
  /** Why it failed; not used otherwise. */
  readonly why: string;
}

/** What happened to a fault, in one line: `fault 1 (kill one of servers at 5s) injected into servers[2]`. */
export function faultLine({ fault, kind, text, did, instances, why }: FaultStep): string {
  const about = `fault ${fault} (${text})`;
  if (did === 'fail') return `${about}: ${why}`;
  const end = kind === 'restart' ? 'restarted' : 'undone at';
  return `${about} ${did === 'inject' ? 'injected into' : end} ${rangesOf(instances)}`;
}
