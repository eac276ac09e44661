import { expect, test } from 'vitest';
import { type Shape, unshaped } from '../../../src/network/shape.ts';
import { Stage } from '../../../src/network/user/stage.ts';

const frames = 20_000;

function stageWith(shape: Partial<Shape>, seed = 7): Stage {
  const stage = new Stage([seed, 11, 13, 17]);
  stage.reshape({ ...unshaped, ...shape });
  return stage;
}

const fatesAt = (stage: Stage) => Array.from({ length: frames }, () => stage.fate(false));

/** The bounds of a count in which all but one in a million of binomial counts are. */
function bounds(share: number): readonly [number, number] {
  const spread = 5 * Math.sqrt(frames * share * (1 - share));
  return [frames * share - spread, frames * share + spread];
}

test.each([
  ['loss', 'drop', 0.03],
  ['corrupt', 'isCorrupted', 0.1],
  ['duplicate', 'isDuplicated', 0.25],
] as const)('%s happens to its share of frames', (name, field, share) => {
  const count = fatesAt(stageWith({ [name]: share })).filter((fate) => Boolean(fate[field])).length;
  const [low, high] = bounds(share);
  expect(count).toBeGreaterThan(low);
  expect(count).toBeLessThan(high);
});

test.each([
  [1, frames],
  [0, 0],
])('a loss of %d is exact', (loss, count) => {
  expect(fatesAt(stageWith({ loss, latency: 1 })).filter(({ drop }) => drop === 'loss')).toHaveLength(count);
});

test('equal seeds make equal choices, and others make others', () => {
  const shape = { loss: 0.5, jitter: 3, latency: 10, corrupt: 0.2 };
  const one = fatesAt(stageWith(shape, 1));
  expect(fatesAt(stageWith(shape, 1))).toEqual(one);
  expect(fatesAt(stageWith(shape, 2))).not.toEqual(one);
});

test('jitter is spread evenly around the latency', () => {
  const delays = fatesAt(stageWith({ latency: 10, jitter: 4 })).map(({ delay }) => delay);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(6);
  expect(Math.max(...delays)).toBeLessThanOrEqual(14);
  const quarter = delays.filter((delay) => delay < 8).length;
  expect(Math.abs(quarter / frames - 0.25)).toBeLessThan(0.02);
  expect(delays.reduce((sum, delay) => sum + delay, 0) / frames).toBeCloseTo(10, 1);
});

test('frames that are reordered are not delayed', () => {
  const delays = fatesAt(stageWith({ latency: 10, reorder: 0.25 })).map(({ delay }) => delay);
  expect(new Set(delays)).toEqual(new Set([0, 10]));
});

test('with a correlation, choices resemble the last one', () => {
  const repeats = (correlation: number) => {
    const fates = fatesAt(stageWith({ duplicate: 0.5, duplicateCorrelation: correlation }));
    return fates.filter(({ isDuplicated }, at) => isDuplicated === fates[at - 1]?.isDuplicated).length;
  };
  expect(repeats(0.9)).toBeGreaterThan(1.3 * repeats(0));
});

test('frames leave at the rate, after a burst of one millisecond and 1,600 bytes', () => {
  const stage = stageWith({ bandwidth: 8_000_000 });
  const departures = Array.from({ length: 1_000 }, () => stage.departure(0, 1_000));
  // A frame takes 1 ms.
  expect(departures.slice(0, 3)).toEqual([0, 0, 0]);
  expect(departures[3]).toBeCloseTo(0.4, 6);
  expect(departures.at(-1)).toBeCloseTo(999 - 2.6, 6);
});

test('a link that was idle has no more than one burst', () => {
  const stage = stageWith({ bandwidth: 8_000_000 });
  stage.departure(0, 1_000);
  const later = Array.from({ length: 10 }, () => stage.departure(10_000, 1_000));
  expect(later.filter((time) => time === 10_000)).toHaveLength(3);
});

test('a queue with a limited rate holds 1,000 frames and what its latency holds', () => {
  const full = (shape: Partial<Shape>) => {
    const stage = stageWith(shape);
    for (; stage.waiting < 50_000; stage.waiting++) if (stage.fate(false).drop !== undefined) break;
    return stage.waiting;
  };
  expect(full({ bandwidth: 1_000_000 })).toBe(1_000);
  // 100 Mbit/s for 100 ms are 10 Mbit, or 826 full frames.
  expect(full({ bandwidth: 100_000_000, latency: 100 })).toBe(1_826);
  // But it leaves room for other stages.
  expect(full({ latency: 100 })).toBe(32_768);
});
