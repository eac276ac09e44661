import { array, assert, integer, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { ToolLines, ToolOutput } from '../../src/builders/tool/tool-output.ts';

test('property: tool output is kept whole up to 128 KiB; of longer output, the first and last 64 KiB are kept', () => {
  const lengths = array(integer({ min: 0, max: 40_000 }), { maxLength: 12 });
  void assert(
    property(lengths, (chunks) => {
      const words = new ToolOutput();
      const all = chunks.map((length, index) => String.fromCharCode(97 + index).repeat(length));
      for (const chunk of all) words.add(Buffer.from(chunk));
      const [said, kept] = [all.join(''), words.text];
      if (said.length <= 128 * 1024) expect(kept).toBe(said);
      else {
        expect(kept.startsWith(said.slice(0, 64 * 1024))).toBe(true);
        expect(kept.endsWith(said.slice(-64 * 1024))).toBe(true);
        // At most one chunk more than is promised.
        expect(kept.length).toBeLessThan(128 * 1024 + 40_000 + 4);
      }
    }),
  );
});

test('property: each line of tool output is reported, however the output is split into chunks', () => {
  const words = array(string({ unit: 'grapheme' }), { maxLength: 20 });
  void assert(
    property(words, integer({ min: 1, max: 9 }), (texts, size) => {
      const lines = texts.map((text) => text.replaceAll('\n', ' '));
      const reported: string[] = [];
      const reader = new ToolLines((line) => reported.push(line));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
      expect(reported).toEqual(lines);
    }),
  );
});
