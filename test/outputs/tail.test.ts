import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, maxLineBytes, Tail } from '../../src/outputs/tail.ts';
import { tempDir } from '../support/temp.ts';

async function tailOf(): Promise<{ file: string; lines: Line[]; tail: Tail }> {
  const file = join(await tempDir(), 'out');
  writeFileSync(file, '');
  const lines: Line[] = [];
  return {
    file,
    lines,
    tail: new Tail(file, ({ bytes, whole }) => lines.push({ bytes: Buffer.from(bytes), whole })),
  };
}

const texts = (lines: readonly Line[]) => lines.map(({ bytes }) => bytes.toString('latin1'));

test('property: however a file grows, its lines are those of the whole', async () => {
  const chunks = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(Uint8Array.of(10)),
      fc.uint8Array({ minLength: 70_000, maxLength: 70_000 }),
    ),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(chunks, async (written) => {
      const { file, lines, tail } = await tailOf();
      for (const chunk of written) {
        appendFileSync(file, chunk);
        while (tail.readMore(1_000) > 0);
      }
      tail.finish();
      tail[Symbol.dispose]();
      const whole = Buffer.concat(written).toString('latin1').split('\n');
      if (whole.at(-1) === '') whole.pop();
      expect(texts(lines)).toEqual(whole);
      expect(tail.shrunk).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test('of a very long line only the beginning is held', async () => {
  const { file, lines, tail } = await tailOf();
  appendFileSync(file, `${'x'.repeat(maxLineBytes * 2)}\nnext\n`);
  while (tail.readMore(1_000_000) > 0);
  expect(lines.map(({ bytes, whole }) => [bytes.length, whole])).toEqual([
    [maxLineBytes, false],
    [4, true],
  ]);
});

test('a file that shrinks is noticed', async () => {
  const { file, lines, tail } = await tailOf();
  appendFileSync(file, 'one\ntwo\n');
  tail.readMore(1_000);
  truncateSync(file, 0);
  tail.readMore(1_000);
  expect(tail.shrunk).toBe(true);
  appendFileSync(file, 'three\n');
  tail.readMore(1_000);
  expect(texts(lines)).toEqual(['one', 'two', 'three']);
});

test('a file that shrinks and has grown beyond where it was is noticed', async () => {
  const { file, tail } = await tailOf();
  appendFileSync(file, 'one\ntwo\n');
  tail.readMore(1_000);
  writeFileSync(file, 'something else, and longer\n');
  tail.readMore(1_000);
  expect(tail.shrunk).toBe(true);
});

/** What a verdict is made of: the lines that may be events, the last other line before each of them, and the last of all. */
function telling(lines: readonly string[]): unknown[] {
  let last: string | undefined;
  const reported: unknown[] = [];
  for (const line of lines) {
    if (line.startsWith('{')) reported.push([line, last]);
    else last = line;
  }
  return [...reported, last];
}

test('property: where not every line is handed out, what is tells the same', async () => {
  const line = fc.oneof(
    fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', '')),
    fc.string({ maxLength: 12 }).map((text) => `{${text.replaceAll('\n', '')}`),
    fc.constant('x'.repeat(70_000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(line, { maxLength: 12 }), { maxLength: 6 }), async (written) => {
      const file = join(await tempDir(), 'out');
      const lines: string[] = [];
      using tail = new Tail(file, ({ bytes }) => lines.push(bytes.toString()), {
        open: 'make',
        every: false,
      });
      for (const each of written) {
        appendFileSync(file, each.map((text) => `${text}\n`).join(''));
        while (tail.readMore(1_000) > 0);
      }
      tail.finish();
      expect(telling(lines)).toEqual(telling(written.flat()));
    }),
    { numRuns: 200 },
  );
});

test('where not every line is handed out, most are not', async () => {
  const file = join(await tempDir(), 'out');
  const lines: string[] = [];
  using tail = new Tail(file, ({ bytes }) => lines.push(bytes.toString()), { open: 'make', every: false });
  appendFileSync(file, ['a', 'b', 'c', '{}', 'd', 'e', 'f', ''].join('\n'));
  while (tail.readMore(1_000) > 0);
  expect(lines).toEqual(['a', 'c', '{}', 'f']);
});

test('a file that was moved away is put back piece by piece, and others have their turns meanwhile', async () => {
  const { file, tail } = await tailOf();
  const bytes = randomBytes(4 * 1024 * 1024);
  writeFileSync(file, bytes);
  renameSync(file, `${file}.away`);
  let turns = 0;
  let over = false;
  const turn = () => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await tail.putBackAt(file)).toBe('moved away');
  over = true;
  expect(turns).toBeGreaterThan(4);
  expect(readFileSync(file).equals(bytes)).toBe(true);
  tail[Symbol.dispose]();
});
