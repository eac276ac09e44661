import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitizeTerminal } from '../../src/util/sanitize-terminal.ts';

test.each([
  ['plain', 'plain'],
  ['a\tb\nc', 'a\tb\nc'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007x', 'x'],
  ['bell\u0007 \u0000', 'bell\\x07 \\x00'],
  ['line\r\nnext\rover', 'line\nnext\\x0dover'],
  ['\u202eabc\u2066', '\\u202eabc\\u2066'],
  ['one\u2028two', 'one\\u2028two'],
  ['日本語 👍', '日本語 👍'],
])('sanitizes %j', (text, expected) => expect(sanitizeTerminal(text)).toBe(expected));

test('property: leaves no characters that control a terminal or change the direction of text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(sanitizeTerminal(text)).not.toMatch(/[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(sanitizeTerminal(sanitizeTerminal(text))).toBe(sanitizeTerminal(text));
    }),
  );
});
