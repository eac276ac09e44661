import { array, assert, integer, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { ToolLines, ToolOutput } from '../../src/builders/tool/tool-output.ts';

const keptBytes = 64 * 1024;
const longestChunk = 40_000;

/** A text in which each group of eight characters is different. */
function numbered(length: number): string {
  const groups = Array.from({ length: Math.ceil(length / 8) }, (_, index) => String(index).padStart(8, '.'));
  return groups.join('').slice(0, length);
}

/** A text of chunks with these lengths, and what is kept of it. */
function keptOf(lengths: readonly number[]): { text: string; kept: string } {
  const text = numbered(lengths.reduce((sum, length) => sum + length, 0));
  const output = new ToolOutput();
  let at = 0;
  for (const length of lengths) {
    output.add(Buffer.from(text.slice(at, at + length)));
    at += length;
  }
  return { text, kept: output.text };
}

test('property: tool output is kept whole up to 128 KiB', () => {
  const chunks = array(integer({ min: 0, max: (2 * keptBytes) / 8 }), { maxLength: 8 });
  void assert(
    property(chunks, (lengths) => {
      const { text, kept } = keptOf(lengths);
      expect(kept).toBe(text);
    }),
  );
});

test('property: of longer tool output, the first and last 64 KiB are kept, and at most one chunk more', () => {
  const some = array(integer({ min: 0, max: longestChunk }), { maxLength: 8 });
  const enough = array(integer({ min: longestChunk / 2, max: longestChunk }), {
    minLength: 9,
    maxLength: 12,
  });
  void assert(
    property(some, enough, (before, after) => {
      const { text, kept } = keptOf([...before, ...after]);
      const [head = '', tail = '', ...more] = kept.split('\n…\n');
      expect(more).toEqual([]);
      expect(head).toBe(text.slice(0, keptBytes));
      expect(tail).toBe(text.slice(-tail.length));
      expect(tail.length).toBeGreaterThanOrEqual(keptBytes);
      expect(tail.length).toBeLessThan(keptBytes + longestChunk);
    }),
  );
});

test('property: each line of tool output is reported once it is complete, in chunks of any size', () => {
  const words = array(string({ unit: 'grapheme' }), { maxLength: 20 });
  void assert(
    property(words, integer({ min: 1, max: 9 }), (texts, size) => {
      const lines = texts.map((text) => text.replaceAll('\n', ' '));
      const reported: string[] = [];
      const reader = new ToolLines((line) => reported.push(line));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      for (let at = 0; at < bytes.length; at += size) {
        reader.add(bytes.subarray(at, at + size));
        const complete = bytes.subarray(0, at + size).filter((byte) => byte === 0x0a).length;
        expect(reported).toEqual(lines.slice(0, complete));
      }
      expect(reported).toEqual(lines);
    }),
  );
});
