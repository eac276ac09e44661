import { enoughRuns, type Interval } from './bootstrap.ts';
import { basisOf, effect, Sampled } from './compare-sides.ts';
import { valuesNeeded } from './estimates.ts';
import type { Gate } from './gate.ts';
import { type Basis, countOf, type Measured, type Side } from './measured.ts';
import { pick } from './pick.ts';

/** The judgement on a gate for one side. */
export interface JudgedGate {
  readonly gate: Gate;
  /** The index of the side. */
  readonly side: number;
  readonly outcome: 'passed' | 'failed' | 'undecided';
  /** The change from the baseline for a relative limit, otherwise the value; null if it is not known. */
  readonly measured: number | null;
  readonly interval: Interval | null;
  /** What the interval is over; null if there is none. */
  readonly of: Basis | null;
  readonly reason: string;
}

/** Judges every gate for every side but the baseline. @param baseline the index of that side. */
export function judgeGates(
  gates: readonly Gate[],
  sides: readonly Side[],
  baseline: number,
): readonly JudgedGate[] {
  return gates.flatMap((gate) =>
    sides.flatMap((_, side) =>
      side === baseline ? [] : { gate, side, ...judge(gate, sides, side, baseline) },
    ),
  );
}

type Judgement = Pick<JudgedGate, 'outcome' | 'measured' | 'interval' | 'of' | 'reason'>;

function judge(gate: Gate, sides: readonly Side[], side: number, baseline: number): Judgement {
  const { metric, stat, group, isRelative } = gate;
  const [own, base] = [side, baseline].map((place) => pick(sides[place] ?? new Map(), metric, group));
  const compared = isRelative ? [own, base] : [own];
  if (compared.some((each) => each === undefined))
    return unknown(
      own === undefined ? 'it has not measured this metric' : 'the baseline has not measured this metric',
    );
  const pair = compared.filter((each) => each !== undefined);
  const fewest = Math.min(...pair.map(countOf));
  if (fewest < valuesNeeded[stat])
    return unknown(`${stat} needs ${valuesNeeded[stat]} values on each side, and there are ${fewest}`);
  return decide(gate, pair, side, baseline);
}

function unknown(reason: string): Judgement {
  return { outcome: 'undecided', measured: null, interval: null, of: null, reason };
}

/** @param pair the side, and the baseline for a relative limit. */
function decide(gate: Gate, pair: readonly Measured[], side: number, baseline: number): Judgement {
  const [own, base] = pair;
  if (own === undefined) throw new Error('there is no side');
  const of = basisOf(pair);
  const its = effect(gate.stat, of, new Sampled(own, side), base && new Sampled(base, baseline));
  const measured = gate.isRelative ? its.change : its.value;
  const interval = gate.isRelative ? its.changeInterval : its.interval;
  if (measured === null)
    return unknown('the value of the baseline is 0, so that there is no relative change');
  if (interval === null) {
    const reason = `fewer than ${enoughRuns} ${of}s on a side tell nothing about noise`;
    return { outcome: 'undecided', measured, interval, of: null, reason };
  }
  return { measured, interval, of, ...verdictOn(gate, measured, interval) };
}

/**
 * `failed`: the measured value is beyond the limit, and the interval excludes that it is noise; `passed`: the whole
 * interval is within the limit; otherwise `undecided`. Noise is no change where no change is within the limit, and the
 * limit itself otherwise.
 */
export function verdictOn(
  { fails, limit, isRelative }: Pick<Gate, 'fails' | 'limit' | 'isRelative'>,
  measured: number,
  interval: Interval,
): Pick<JudgedGate, 'outcome' | 'reason'> {
  // Turned around for a lower limit, so that greater is worse.
  const turn = fails === 'above' ? 1 : -1;
  const [best, worst] = fails === 'above' ? interval : [-interval[1], -interval[0]];
  const [value, bound] = [turn * measured, turn * limit];
  const noise = isRelative && bound >= 0 ? 0 : bound;
  if (worst <= bound) return { outcome: 'passed', reason: 'the whole interval is within the limit' };
  if (value <= bound)
    return { outcome: 'undecided', reason: 'it is within the limit, but the interval is not' };
  if (best > noise)
    return {
      outcome: 'failed',
      reason:
        noise === bound
          ? 'the whole interval is beyond the limit'
          : 'it is beyond the limit, and not noise: the interval excludes no change',
    };
  return {
    outcome: 'undecided',
    reason:
      noise === bound
        ? 'it is beyond the limit, but not the whole interval'
        : 'it is beyond the limit, but the interval includes no change',
  };
}
