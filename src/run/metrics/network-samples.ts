import type { Sample } from '../../metrics/sample.ts';
import type { LinkCounts, NetworkMeasured } from '../../network/measured.ts';

/** The names of the counts of a link, as metrics. */
const names = {
  sent: 'network.sent',
  sentBytes: 'network.sent_bytes',
  received: 'network.received',
  receivedBytes: 'network.received_bytes',
  lost: 'network.lost',
  overflowed: 'network.overflowed',
  unasked: 'network.unasked',
  strayed: 'network.strayed',
} as const satisfies Readonly<Record<keyof LinkCounts, string>>;

/** What a network did with the packets of each instance, as counters that the instance would have at the end. */
export function networkSamples({ links }: Pick<NetworkMeasured, 'links'>, ended: Date): Sample[] {
  const ns = BigInt(ended.getTime()) * 1_000_000n;
  return links.flatMap(({ instance: { group, index }, ...counts }) =>
    Object.entries(names).flatMap(([count, name]): Sample[] => {
      const value = counts[count as keyof LinkCounts];
      // What the engine does not know is no 0.
      if (value === undefined) return [];
      const measures = { count: value };
      return [
        {
          ns,
          group,
          instance: index,
          source: 'network',
          type: 'counter',
          name,
          tags: '',
          measures,
        },
      ];
    }),
  );
}
