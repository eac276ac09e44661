import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { ToolWords } from '../../src/build/tool-output.ts';

test('what a tool says is kept whole up to 128 KiB, and its beginning and end beyond', () => {
  const lengths = array(integer({ min: 0, max: 40_000 }), { maxLength: 12 });
  void assert(
    property(lengths, (chunks) => {
      const words = new ToolWords();
      const all = chunks.map((length, index) => String.fromCharCode(97 + index).repeat(length));
      for (const chunk of all) words.add(Buffer.from(chunk));
      const [said, kept] = [all.join(''), words.text];
      if (said.length <= 128 * 1024) expect(kept).toBe(said);
      else {
        expect(kept.startsWith(said.slice(0, 64 * 1024))).toBe(true);
        expect(kept.endsWith(said.slice(-64 * 1024))).toBe(true);
        // A chunk more than is promised, at most.
        expect(kept.length).toBeLessThan(128 * 1024 + 40_000 + 4);
      }
    }),
  );
});
