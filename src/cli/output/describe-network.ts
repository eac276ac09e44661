import type { NetworkWay, OneWay } from '../../plan/network-way.ts';
import { shareText } from '../../values/percent.ts';
import { columns } from './columns.ts';
import type { DryRunJson } from './json/dry-run-json.ts';

const title = ['', '', '', 'round trip', 'there', 'back'] as const;

/** What is declared between the instances of a run, as lines; without any, nothing. */
export function networkAsText(ways: readonly NetworkWay[]): string {
  if (ways.length === 0) return '';
  const rows = ways.map(({ from, to, there, back }) => [
    ...[`    ${from}`, arrow(there, back), to],
    there === undefined || back === undefined ? '-' : `${ms(there.latency + back.latency)}`,
    ...[oneWayText(there), oneWayText(back)],
  ]);
  return `  network:\n${columns([[...title], ...rows])}`;
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
  return ways.map(({ from, to, there, back }) => ({
    from,
    to,
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
