import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { withoutCommands } from '../../src/cli/output/github/workflow-commands.ts';
import { escapedJson } from '../../src/cli/output/json/json-text.ts';
import { csvLine } from '../../src/util/csv.ts';

afterEach(() => vi.unstubAllEnvs());

/** Characters that a terminal may interpret. */
const obeyed = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const odd = fc.string({
  unit: fc.constantFrom(...'\u0000\u001b[31m\u007f\u009b\u0085\u2028\u202e\r\n\t:#"\\,=a', '::', '##[', '😀'),
});

/** Whether the runner of GitHub Actions takes a line for a workflow command. */
const isCommand = (line: string) => line.trimStart().startsWith('::') || line.includes('##[');

test.each(['true', ''])(
  'property: escaped JSON keeps the data and has no terminal control characters (GITHUB_ACTIONS=%s)',
  (read) => {
    vi.stubEnv('GITHUB_ACTIONS', read);
    fc.assert(
      fc.property(fc.dictionary(odd, odd), (data) => {
        const json = escapedJson(JSON.stringify(data, null, 2));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(data)));
        expect(json).not.toMatch(obeyed);
        if (read) expect(json.split('\n').filter(isCommand)).toEqual([]);
      }),
    );
  },
);

test('property: text printed on GitHub Actions contains no workflow command', () => {
  vi.stubEnv('GITHUB_ACTIONS', 'true');
  fc.assert(
    fc.property(odd, (text) => {
      expect(
        withoutCommands(text)
          .split(/[\r\n]/)
          .filter(isCommand),
      ).toEqual([]);
    }),
  );
  expect(withoutCommands('a::b\n  ::error::x ##[add-mask]y\n:a')).toBe(
    'a::b\n  \\x3a:error::x \\x23#[add-mask]y\n:a',
  );
});

test('text printed elsewhere is unchanged', () => {
  vi.stubEnv('GITHUB_ACTIONS', '');
  expect(withoutCommands('::error::x ##[y]')).toBe('::error::x ##[y]');
});

test('property: fields of a CSV line contain no terminal control characters', () => {
  fc.assert(
    fc.property(fc.array(odd), (fields) => {
      expect(csvLine(fields)).not.toMatch(obeyed);
    }),
  );
});
