import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineKinds } from '../../src/report/data.ts';
import { LogLines } from '../../src/report/log-lines.ts';

const said = fc.array(fc.tuple(fc.nat(3), fc.nat(50), fc.string({ maxLength: 300 })), { maxLength: 400 });

test('property: sorts lines by time, then by arrival, keeps the first and last of each instance, and counts the others', () => {
  fc.assert(
    fc.property(said, fc.integer({ min: 1, max: 5_000 }), (lines, sources) => {
      const kept = new LogLines(sources);
      // With its number, so that no two lines are the same.
      const added = lines.map(([of, at, text], place) => ({ of, at, text: `${place} ${text}` }));
      for (const { of, at, text } of added) kept.add(of, at, 'OTHER', text);
      const { of, at, kind, text } = kept.log();
      expect(at).toEqual(at.toSorted((a, b) => a - b));
      const rows = text
        .map((its, row) => ({ of: of[row], at: at[row], text: its }))
        .filter((_, row) => lineKinds[kind[row] ?? -1] !== 'NOTE');
      expect(rows.length + kept.left).toBe(lines.length);
      const texts = new Set(rows.map((row) => row.text));
      // toSorted leaves lines of the same time in the order of their arrival.
      expect(rows).toEqual(added.toSorted((a, b) => a.at - b.at).filter((line) => texts.has(line.text)));
      for (const source of [0, 1, 2, 3]) {
        const own = added.filter((line) => line.of === source);
        expect(
          own.length === 0 ? [] : [own[0], own.at(-1)].filter((line) => !texts.has(line?.text ?? '')),
        ).toEqual([]);
      }
    }),
  );
});

test('keeps the first and last lines of an instance that prints a lot, and the lines of others', () => {
  const kept = new LogLines(1_000);
  for (let line = 0; line < 10_000; line++) kept.add(7, line, 'OTHER', `line ${line}`);
  kept.add(8, 5_000, 'MESSAGE', 'quiet');
  const { text, of } = kept.log();
  const own = text.filter((_, line) => of[line] === 7);
  expect(own[0]).toBe('line 0');
  expect(own.at(-1)).toBe('line 9999');
  expect(own).toHaveLength(61);
  expect(own[30]).toBe('… 9940 lines are left out here: tg logs shows them');
  expect(text).toContain('quiet');
});

test('limits the size of the log, however much instances print', () => {
  const kept = new LogLines(100);
  const long = 'x'.repeat(100_000);
  for (let line = 0; line < 3_000; line++) kept.add(line % 100, line, 'OTHER', long);
  const characters = kept.log().text.reduce((sum, { length }) => sum + length, 0);
  expect(characters).toBeLessThan(13_000_000);
  expect(kept.left).toBeGreaterThan(0);
});
