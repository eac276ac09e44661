import type { NatName } from '../../plan/network-table.ts';
import type { NetworkWay, OneWay } from '../../plan/network-way.ts';
import { shareText } from '../../values/percent.ts';
import { columns } from './columns.ts';
import type { DryRunJson } from './json/dry-run-json.ts';

const title = ['', '', '', 'round trip', 'there', 'back'] as const;

const callTexts: Readonly<Record<NetworkWay['calls'], string>> = {
  ...{ each: 'each', there: 'the left one', back: 'the right one' },
  ...{ 'both-at-once': 'both at once', nobody: 'nobody' },
};

/** What is declared between the instances of a run, as lines; without any, nothing. */
export function networkAsText(ways: readonly NetworkWay[]): string {
  if (ways.length === 0) return '';
  const hasNats = ways.some(({ fromNat, toNat }) => (fromNat ?? toNat) !== undefined);
  const rows = ways.map(({ from, to, fromNat, toNat, calls, there, back }) => [
    ...[`    ${behind(from, fromNat)}`, arrow(there, back), behind(to, toNat)],
    there === undefined || back === undefined ? '-' : `${ms(there.latency + back.latency)}`,
    ...[oneWayText(there), oneWayText(back)],
    ...(hasNats ? [callTexts[calls]] : []),
  ]);
  return `  network:\n${columns([[...title, ...(hasNats ? ['can send first'] : [])], ...rows])}`;
}

function behind(side: string, nat: NatName | undefined): string {
  return nat === undefined ? side : `${side} (${nat} NAT)`;
}

function arrow(there: OneWay | undefined, back: OneWay | undefined): string {
  if (there === undefined) return back === undefined ? '-x-' : '<--';
  return back === undefined ? '-->' : '<->';
}

function oneWayText(way: OneWay | undefined): string {
  if (way === undefined) return 'nothing arrives';
  const { latency, jitter, rate, loss } = way;
  return [
    `${ms(latency)}${jitter === 0 ? '' : ` ± ${ms(jitter)}`}`,
    ...(rate === undefined ? [] : [rateText(rate)]),
    ...(loss === 0 ? [] : [`${shareText(loss)} lost`]),
  ].join(', ');
}

function ms(value: number): string {
  return `${Number(value.toFixed(3))} ms`;
}

const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const;

function rateText(rate: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(rate) / 3)));
  return `${Number((rate / 1_000 ** step).toPrecision(4))} ${units[step]}`;
}

/** The same as data. */
export function networkAsData(ways: readonly NetworkWay[]): DryRunJson['runs'][number]['network'] {
  return ways.map(({ from, to, fromNat, toNat, calls, there, back }) => ({
    ...{ from, to, from_nat: fromNat ?? null, to_nat: toNat ?? null, calls },
    round_trip_ms: there === undefined || back === undefined ? null : there.latency + back.latency,
    there: oneWayAsData(there),
    back: oneWayAsData(back),
  }));
}

function oneWayAsData(way: OneWay | undefined) {
  if (way === undefined) return null;
  const { latency, jitter, rate, loss } = way;
  return { latency_ms: latency, jitter_ms: jitter, bits_per_second: rate ?? null, loss };
}
