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
    tail: new Tail(file, (line) => lines.push({ ...line, bytes: Buffer.from(line.bytes) })),
  };
}

const texts = (lines: readonly Line[]) => lines.map(({ bytes }) => bytes.toString('latin1'));

test('property: reads the same lines in whatever steps a file grows', async () => {
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
      const lengths = whole.map((line) => line.length + 1);
      expect(lines.map(({ offset }) => offset)).toEqual(
        lengths.map((_, at) => lengths.slice(0, at).reduce((sum, length) => sum + length, 0)),
      );
      expect(tail.shrunk).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test('reads only the beginning of a very long line', async () => {
  const { file, lines, tail } = await tailOf();
  appendFileSync(file, `${'x'.repeat(maxLineBytes * 2)}\nnext\n`);
  while (tail.readMore(1_000_000) > 0);
  expect(lines.map(({ bytes, whole }) => [bytes.length, whole])).toEqual([
    [maxLineBytes, false],
    [4, true],
  ]);
});

test('notices that a file shrinks, and reads on', async () => {
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

test('notices that a file has shrunk and then grown beyond its former size', async () => {
  const { file, tail } = await tailOf();
  appendFileSync(file, 'one\ntwo\n');
  tail.readMore(1_000);
  writeFileSync(file, 'something else, and longer\n');
  tail.readMore(1_000);
  expect(tail.shrunk).toBe(true);
});

/**
 * What a verdict depends on: lines that may be events, the last other line before each of them, and the last other
 * line.
 */
function telling(lines: readonly string[]): unknown[] {
  let last: string | undefined;
  const reported: unknown[] = [];
  for (const line of lines) {
    if (line.startsWith('{')) reported.push([line, last]);
    else last = line;
  }
  return [...reported, last];
}

test('property: reports all lines that a verdict depends on if not every line is wanted', async () => {
  const line = fc.oneof(
    fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', '')),
    fc.string({ maxLength: 12 }).map((text) => `{${text.replaceAll('\n', '')}`),
    fc.constant('x'.repeat(70_000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(line, { maxLength: 12 }), { maxLength: 6 }), async (written) => {
      const file = join(await tempDir(), 'out');
      const lines: string[] = [];
      const offsets: number[] = [];
      const onLine = ({ bytes, offset }: Line) => {
        lines.push(bytes.toString());
        offsets.push(offset);
      };
      using tail = new Tail(file, onLine, { open: 'make', every: false });
      for (const each of written) {
        appendFileSync(file, each.map((text) => `${text}\n`).join(''));
        while (tail.readMore(1_000) > 0);
      }
      tail.finish();
      expect(telling(lines)).toEqual(telling(written.flat()));
      const all = readFileSync(file);
      for (const [at, line] of lines.entries())
        expect(all.subarray(offsets[at]).toString().startsWith(`${line}\n`)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('leaves out lines in the middle of other output if not every line is wanted', async () => {
  const file = join(await tempDir(), 'out');
  const lines: string[] = [];
  using tail = new Tail(file, ({ bytes }) => lines.push(bytes.toString()), { open: 'make', every: false });
  appendFileSync(file, ['a', 'b', 'c', '{}', 'd', 'e', 'f', ''].join('\n'));
  while (tail.readMore(1_000) > 0);
  expect(lines).toEqual(['a', 'c', '{}', 'f']);
});

test('copies a file that was moved away back in pieces, and lets other tasks run meanwhile', async () => {
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
