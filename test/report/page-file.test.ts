import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ComparisonReport } from '../../src/report/comparison-data.ts';
import { jsonOf, pageOf } from '../../src/report/page-file.ts';
import { sanitizeTerminal } from '../../src/util/sanitize-terminal.ts';

const comparison = (text: string): ComparisonReport => ({
  kind: 'comparison',
  method: text,
  sides: [{ name: 'A', words: text, isBaseline: true, runs: [text] }],
  gates: [text],
  saturated: [text],
  differ: [text],
  leftOut: [text],
  metrics: [],
});

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('</script>', '<!--<script>', '<!-- --!>', '\u2028', '</SCRIPT\n>', ']]>'),
);

test('property: data in a page stays intact except for terminal control characters, and cannot end a script', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const json = jsonOf(comparison(text));
      expect(JSON.parse(json)).toEqual(comparison(sanitizeTerminal(text)));
      expect(json).not.toContain('<');
    }),
  );
});

test('escapes the title, and allows only the script of the page itself to run', async () => {
  const page = await pageOf(comparison('</title><script>alert(1)</script>'));
  const [head = ''] = page.split('</head>');
  expect(head).toContain('<title>&lt;/title>&lt;script>alert(1)&lt;/script> · tg</title>');
  expect(head).toMatch(/script-src 'sha256-[\w+/]{43}='; style-src/);
  expect(head).toContain("connect-src 'none'");
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});
