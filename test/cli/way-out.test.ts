import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns } from '../../src/cli/output/columns.ts';
import { LineFormat } from '../../src/cli/output/lines.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(join(src, 'cli'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

test.each(files.filter((name) => name !== 'output/say.ts'))(
  '%s does not write to stdout, stderr or the console directly',
  (name) => {
    const text = readFileSync(join(src, 'cli', name), 'utf8');
    expect(text.match(/process\.(stdout|stderr)\.(write|end)\b|\bconsole\./g)).toBeNull();
  },
);

/** Characters that a terminal may interpret, see src/util/sanitize-terminal.ts. */
const obeyed = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const hostile = fc.string({
  unit: fc.constantFrom(
    '\u001b]0;x\u0007',
    '\u001b[2J',
    '\u009b',
    '\r',
    '\n',
    '\t',
    '\u202e',
    'a',
    '漢',
    '😀',
  ),
});

test('property: a cell of a table adds no row and no terminal control characters', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1 }), (rows) => {
      const table = columns(rows);
      expect(table.split('\n')).toHaveLength(rows.length + 1);
      expect(table).not.toMatch(obeyed);
      expect(table).not.toContain('\t');
    }),
  );
});

test('columns are aligned if they contain wide characters', () => {
  expect(
    columns([
      ['漢字', 'x'],
      ['a', 'y'],
    ]),
  ).toBe('漢字  x\na     y\n');
});

test('property: names and fields of a line contain no terminal control characters', () => {
  fc.assert(
    fc.property(hostile, hostile, (name, text) => {
      const format = new LineFormat(false);
      expect(format.instance({ group: name, index: 0 }, 0, 'MESSAGE', text)).not.toMatch(obeyed);
      expect(format.log('INFO', text, { [name]: text })).not.toMatch(obeyed);
    }),
  );
});
