import { type Shape, unshaped } from './shape.ts';

/** The link by which an instance reaches the others: what it sends over it, and what it receives. */
export interface AccessLink {
  readonly up: Shape;
  readonly down: Shape;
}

const megabit = 1e6;

/** @param rtt the latency to the other end and back, in ms. @param up the rate of what is sent, in Mbit/s; 0 for no limit. */
function link(rtt: number, up: number, down: number, more: Partial<Shape> = {}): AccessLink {
  const way = (rate: number): Shape => ({
    ...unshaped,
    latency: rtt / 2,
    bandwidth: rate * megabit,
    ...more,
  });
  return { up: way(up), down: way(down) };
}

/** Round trips between regions, in ms, as public clouds measure them between theirs, rounded. */
const regionRtts = {
  ...{ 'eu-us': 80, 'eu-uswest': 145, 'eu-asia': 230, 'eu-india': 120, 'eu-au': 270, 'eu-sa': 190 },
  ...{ 'us-uswest': 65, 'us-asia': 160, 'us-india': 195, 'us-au': 200, 'us-sa': 115 },
  ...{ 'uswest-asia': 105, 'uswest-au': 140, 'uswest-india': 220, 'uswest-sa': 175 },
  ...{ 'asia-india': 130, 'asia-au': 110, 'asia-sa': 260, 'india-au': 150, 'india-sa': 300, 'au-sa': 310 },
} as const;

/**
 * Links as people know them. The rates and round trips of cable, dsl, fibre, 3g, 3g-slow, 4g and lte are those of the
 * connectivity profiles of WebPageTest; wifi is that of Apple's Network Link Conditioner. A geostationary satellite is
 * 35,786 km away: the way to it and back, twice, takes 477 ms.
 */
export const presets: Readonly<Record<string, AccessLink>> = {
  lan: link(0.2, 1_000, 1_000),
  fibre: link(4, 5, 20),
  wifi: link(2, 33, 40),
  cable: link(28, 1, 5),
  dsl: link(50, 0.384, 1.5),
  lte: link(70, 12, 12),
  '4g': link(170, 9, 9),
  '3g': link(300, 0.768, 1.6),
  '3g-slow': link(400, 0.4, 0.4),
  satellite: link(600, 3, 25),
  ...Object.fromEntries(
    Object.entries(regionRtts).flatMap(([regions, rtt]) => {
      const [one, other] = regions.split('-');
      return [`wan:${one}-${other}`, `wan:${other}-${one}`].map((name) => [name, link(rtt, 0, 0)]);
    }),
  ),
};
