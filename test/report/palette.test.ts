import { expect, test } from 'vitest';
import { dashOf, outcomes, palette } from '../../src/report/page/palette.ts';

type Colour = readonly [number, number, number];

/** Linear RGB as seen by people who lack one kind of cone (Machado, Oliveira and Fernandes, 2009, severity 1.0). */
const sights: Readonly<Record<string, readonly [Colour, Colour, Colour]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Colour {
  const part = (at: number) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function seenBy([r, g, b]: Colour, sight: readonly Colour[]): Colour {
  const [x = 0, y = 0, z = 0] = sight.map(([p, q, s]) => Math.min(1, Math.max(0, p * r + q * g + s * b)));
  return [x, y, z];
}

/** OKLab (Ottosson, 2020): equal distances look equal. */
function lab([r, g, b]: Colour): Colour {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function distance(a: string, b: string, sight: readonly Colour[]): number {
  const [one, other] = [a, b].map((hex) => lab(seenBy(linear(hex), sight)));
  return Math.hypot(...(one ?? []).map((part, axis) => part - (other?.[axis] ?? 0)));
}

test.each(Object.entries(sights))(
  'success looks different from problems, and the first four groups from each other: %s',
  (_, sight) => {
    for (const outcome of ['failed', 'crashed', 'timed-out', 'incomplete', 'running'] as const)
      expect(distance(outcomes.success.colour, outcomes[outcome].colour, sight), outcome).toBeGreaterThan(
        0.05,
      );
    for (const [place, one] of palette.slice(0, 4).entries())
      for (const other of palette.slice(place + 1, 4))
        expect(distance(one, other, sight), `${one} ${other}`).toBeGreaterThan(0.05);
  },
);

test('outcomes have different signs, and 20 groups have different combinations of colour and dashes', () => {
  const { canceled, aborted, ...others } = outcomes;
  expect(aborted).toEqual(canceled);
  const signs = Object.values(others).map(({ sign }) => sign);
  expect(new Set([...signs, canceled.sign]).size).toBe(signs.length + 1);
  const lines = Array.from(
    { length: 20 },
    (_, group) => `${palette[group % palette.length]} ${dashOf(group)}`,
  );
  expect(new Set(lines).size).toBe(20);
});
