import type { MachineReading } from '../../os/machine.ts';

/** What the machine did in a time span of a run. Shares are from 0 to 1; null is unknown. */
export interface MachineSample {
  /** The length of the time span, in ms. */
  readonly forMs: number;
  /** How many processors tg and its instances may use. */
  readonly cores: number;
  /** The share of the time of these processors in which they were not idle, or of the limit of the control group. */
  readonly cpu: number | null;
  /** The share of their time that the hypervisor took. */
  readonly steal: number | null;
  /** The share of memory in use, at the end. */
  readonly memory: number | null;
  /** The load average over one minute, at the end. */
  readonly load: number | null;
  /** What the instances of a group used; without groups whose usage is unknown. */
  readonly groups: readonly GroupUsage[];
}

export interface GroupUsage {
  readonly id: string;
  /** Processor time used, in processors. */
  readonly processors: number;
  readonly bytes: number;
}

/** Compares two readings. */
export function sampleBetween(
  before: MachineReading,
  after: MachineReading,
  groups: readonly GroupUsage[],
): MachineSample {
  const forMs = after.at - before.at;
  const passed = (after.time?.all ?? 0) - (before.time?.all ?? 0);
  const [now, then] = [after.time, before.time];
  const share = (part: number) => roundedShare(Math.min(1, Math.max(0, part / passed)));
  const isKnown = now !== null && then !== null && passed > 0;
  const { stolen = null } = now ?? {};
  const { stolen: stolenBefore = null } = then ?? {};
  return {
    forMs: Math.round(forMs),
    cores: after.cores,
    cpu: larger(isKnown ? share(passed - (now.idle - then.idle)) : null, ofQuota(before, after)),
    steal: isKnown && stolen !== null && stolenBefore !== null ? share(stolen - stolenBefore) : null,
    memory: after.memory === null ? null : roundedShare(after.memory),
    load: after.load === null ? null : Math.round(after.load * 100) / 100,
    groups,
  };
}

/** The used share of the limit of the control group. */
function ofQuota(before: MachineReading, after: MachineReading): number | null {
  if (before.quota === null || after.quota === null) return null;
  const available = (after.at - before.at) * after.quota.cores;
  return roundedShare(Math.min(1, Math.max(0, (after.quota.usedMs - before.quota.usedMs) / available)));
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

/** Three decimals. */
export function roundedShare(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
