import type { NatName } from '../../plan/network-table.ts';
import { type NetworkWay, type OneWay, roundTripOf } from '../../plan/network-way.ts';
import { exactShareText } from '../../values/percent.ts';
import { msText, rateText } from '../../values/units.ts';
import { columns } from './columns.ts';
import type { NetworkWayJson } from './json/network-way-json.ts';

const title = ['', '', '', 'round trip', 'there', 'back'] as const;

/** Who can send first, as text. */
export const firstSenderTexts: Readonly<Record<NetworkWay['firstSender'], string>> = {
  ...{ either: 'either', from: 'the first', to: 'the second' },
  ...{ 'both-at-once': 'both at once', none: 'neither' },
};

/** What is declared between the instances of a run, as lines; without any, nothing. */
export function networkAsText(ways: readonly NetworkWay[]): string {
  if (ways.length === 0) return '';
  const hasNats = ways.some(({ fromNat, toNat }) => (fromNat ?? toNat) !== undefined);
  const rows = ways.map((way) => {
    const { from, to, fromNat, toNat, firstSender, there, back } = way;
    const trip = roundTripOf(way);
    return [
      ...[`    ${behind(from, fromNat)}`, arrow(there, back), behind(to, toNat)],
      ...[trip === undefined ? '-' : msText(trip), oneWayText(there), oneWayText(back)],
      ...(hasNats ? [firstSenderTexts[firstSender]] : []),
    ];
  });
  return `  network:\n${columns([[...title, ...(hasNats ? ['can send first'] : [])], ...rows])}`;
}

function behind(side: string, nat: NatName | undefined): string {
  return nat === undefined ? side : `${side} (${nat} NAT)`;
}

function arrow(there: OneWay | undefined, back: OneWay | undefined): string {
  if (there === undefined) return back === undefined ? '-x-' : '<--';
  return back === undefined ? '-->' : '<->';
}

/** What is declared in one direction, as text. */
export function oneWayText(way: OneWay | undefined): string {
  if (way === undefined) return 'nothing arrives';
  const { latency, jitter, rate, loss, corrupt, duplicate, reorder } = way;
  const shares = [
    [loss, 'lost'],
    [corrupt, 'corrupted'],
    [duplicate, 'duplicated'],
    [reorder, 'reordered'],
  ] as const;
  return [
    `${msText(latency)}${jitter === 0 ? '' : ` ± ${msText(jitter)}`}`,
    ...(rate === undefined ? [] : [rateText(rate)]),
    ...shares.flatMap(([share, what]) => (share === 0 ? [] : [`${exactShareText(share)} ${what}`])),
  ].join(', ');
}

/** What is declared between two sides, as data. */
export function networkAsData(way: NetworkWay): NetworkWayJson {
  const { from, to, fromNat, toNat, firstSender, there, back } = way;
  return {
    ...{ from, to, from_nat: fromNat ?? null, to_nat: toNat ?? null, first_sender: firstSender },
    round_trip_ms: roundTripOf(way) ?? null,
    there: oneWayAsData(there),
    back: oneWayAsData(back),
  };
}

function oneWayAsData(way: OneWay | undefined) {
  if (way === undefined) return null;
  const { latency, jitter, rate, ...shares } = way;
  return { latency_ms: latency, jitter_ms: jitter, bits_per_second: rate ?? null, ...shares };
}
