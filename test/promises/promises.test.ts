import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/tg.ts';
import { sectionOf, statementsOf, tableIn } from './statements.ts';

/** The pages that make promises; of the README, only one section. */
const pages = [
  { name: 'docs/verdicts.md', section: undefined },
  { name: 'docs/security.md', section: undefined },
  { name: 'README.md', section: 'Why' },
];
/** What the table has in place of a test for a statement that promises nothing. */
const noPromise = ['- words', '- limit'];

const table = read('test/promises/promises.md');

describe.each(pages)('$name', ({ name, section }) => {
  const page = read(name);
  const statements = statementsOf(section === undefined ? page : sectionOf(page, section));
  const promises = tableIn(sectionOf(table, name));

  test(`every statement is shown by a test, or promises nothing`, () => {
    const missing = statements.filter((its) => !promises.some(([text]) => its.includes(text)));
    expect(
      missing.map((its) => `add to "${name}" of promises.md, with the test that shows it: ${its}`),
    ).toEqual([]);
  });

  test('the words of each row occur in exactly one statement', () => {
    const places = promises.map(([text]) => [text, statements.filter((its) => its.includes(text)).length]);
    expect(places.filter(([, count]) => count !== 1)).toEqual([]);
  });

  test.each(promises.filter(([, shownBy]) => !noPromise.includes(shownBy)))(
    '%s: the test %s exists',
    (_, shownBy) => {
      const [file = '', title = ''] = shownBy.split(/: (.*)/);
      expect([file, existsSync(join(root, 'test', file))]).toEqual([file, true]);
      expect(titlesIn(read(`test/${file}`)).filter((text) => isIn(title, text))).not.toEqual([]);
    },
  );
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** All quoted strings of a program, among them the titles of its tests and the rows that make titles. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)].map(([quoted]) =>
    quoted.slice(1, -1),
  );
}

/** Whether a quoted text is this title, or contains it if the title is more than one word. */
function isIn(title: string, text: string): boolean {
  return text === title || (title.includes(' ') && text.includes(title));
}
