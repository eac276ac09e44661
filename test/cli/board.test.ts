import { stripVTControlCharacters } from 'node:util';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { type Board, boardLines } from '../../src/cli/output/live/board.ts';

const plain = new Chalk({ level: 0 });
const group = { id: 'single', starting: 0, running: 0, waiting: 0, ok: 0, failed: 0, at: undefined };
const board: Board = {
  title: 'gossip:push',
  elapsedMs: 12_345,
  timeoutMs: 600_000,
  progress: undefined,
  messages: [],
  ending: undefined,
};

test('the board shows groups, barriers, resource usage and the latest messages', () => {
  const progress = {
    usage: { processors: 1.434, bytes: 612_345_678 },
    groups: [
      { ...group, id: 'servers', running: 2, waiting: 3, at: 'ready' },
      { ...group, id: 'clients', starting: 1, running: 5, ok: 10, failed: 2 },
    ],
    barriers: [
      { state: 'ready', count: 15, target: 20, waiting: 3, forMs: 3_210 },
      { state: 'polled', count: 4, target: undefined, waiting: 1, forMs: 72_500 },
    ],
  };
  const lines = boardLines(
    {
      ...board,
      progress,
      messages: ['servers[000] a', 'clients[002] b', 'clients[003] c'],
      ending: 'time is up',
    },
    { columns: 80, rows: 24 },
    plain,
  );
  expect(lines).toEqual([
    ' gossip:push · 12.3s of 10m · CPU 143 % · 612 MB · ending: time is up',
    ' servers  ▸ 2 running  ◦ 3 waiting at ready',
    ' clients  ▸ 5 running  ✓ 10 ok  ✗ 2 failed  · 1 starting',
    ' ready    ██████████████████████████████░░░░░░░░░░  15/20  3 wait, 3.2s',
    ' polled   4  1 wait, 1m12s',
    ' clients[002] b',
    ' clients[003] c',
  ]);
});

test('the board shows only name and elapsed time before any progress is known', () => {
  expect(boardLines({ ...board, timeoutMs: undefined }, { columns: 80, rows: 24 }, plain)).toEqual([
    ' gossip:push · 12.3s',
  ]);
});

test('the board shows groups with failures first, and how many groups it leaves out', () => {
  const groups = Array.from({ length: 30 }, (_, place) => ({
    ...{ ...group, id: `group ${place}` },
    ...(place === 29 ? { failed: 1 } : { running: 1 }),
  }));
  const lines = boardLines(
    { ...board, progress: { groups, barriers: [], usage: undefined } },
    { columns: 80, rows: 10 },
    plain,
  );
  expect(lines).toHaveLength(5);
  expect(lines[1]).toBe(' group 29  ✗ 1 failed');
  expect(lines[4]).toBe(' group 2   ▸ 1 running   and 26 more groups');
});

const counts = fc.nat(5_000);
/** Some characters take two columns, some none. */
const words = fc.string({
  unit: fc.constantFrom('a', 'é', '漢', '👍', ' ', '\n', '\u001b', '\u0000'),
  maxLength: 60,
});
const progresses = fc.record({
  groups: fc.array(
    fc.record({
      id: words,
      ...{ starting: counts, running: counts, waiting: counts, ok: counts, failed: counts },
      at: fc.option(words, { nil: undefined }),
    }),
    { maxLength: 20 },
  ),
  barriers: fc.array(
    fc.record({
      state: words,
      ...{ count: counts, waiting: counts, forMs: fc.nat(10_000_000) },
      target: fc.option(counts, { nil: undefined }),
    }),
    { maxLength: 12 },
  ),
  usage: fc.option(
    fc.record({ processors: fc.double({ min: 0, max: 1_000, noNaN: true }), bytes: fc.nat() }),
    {
      nil: undefined,
    },
  ),
});

test('the board removes or escapes control characters in names of groups and states', () => {
  const name = 'a\u001b[2Jb\rc\n\u0007d';
  const progress = {
    usage: undefined,
    groups: [{ ...group, id: name, waiting: 1, at: name }],
    barriers: [{ state: name, count: 1, target: 2, waiting: 1, forMs: 0 }],
  };
  const text = boardLines({ ...board, progress }, { columns: 80, rows: 24 }, plain).join('');
  expect(text).not.toMatch(/\p{Cc}/u);
  expect(text).toContain('1 waiting at ab\\x0dc \\x07d');
});

test('property: the board takes at most half of the terminal, and its lines are shorter than the terminal is wide', () => {
  fc.assert(
    fc.property(
      progresses,
      fc.array(words, { maxLength: 3 }),
      fc.integer({ min: 1, max: 250 }),
      fc.integer({ min: 1, max: 100 }),
      (progress, messages, columns, rows) => {
        const lines = boardLines(
          { ...board, progress, messages },
          { columns, rows },
          new Chalk({ level: 1 }),
        ).map(stripVTControlCharacters);
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows / 2));
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(1, columns - 1));
      },
    ),
  );
});
