/**
 * Splits a Markdown page into statements, for each of which a test can be named: the rows of tables, and the sentences
 * of paragraphs and lists. Headings, heads of tables and code are left out.
 */
export function statementsOf(page: string): string[] {
  return page
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .split(/\n(?=- )|\n\s*\n/)
    .map((block) => block.trim())
    .filter((block) => block !== '' && !block.startsWith('#'))
    .flatMap((block) => (block.startsWith('|') ? rowsOf(block) : sentencesOf(block)));
}

/** Returns the text below a heading of the second level, or an empty string if there is no such heading. */
export function sectionOf(page: string, title: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  return section?.slice(title.length) ?? '';
}

/** Returns the rows of the two-column table in a section. */
export function tableIn(section: string): (readonly [string, string])[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => {
    const [, first = '', second = ''] = /^\| (.*) \| (.*) \|$/.exec(row) ?? [];
    return [first, second];
  });
}

/** Joins the lines of a text, which are wrapped to fit a page. */
export function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function rowsOf(table: string): string[] {
  return table.split('\n').slice(2);
}

function sentencesOf(block: string): string[] {
  return onOneLine(block).split(/(?<=[.?!]\)?) (?=[\p{Lu}\p{Nd}`"([*])/u);
}
