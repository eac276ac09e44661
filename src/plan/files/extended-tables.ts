import { parse, stringify } from 'smol-toml';

/**
 * Rewrites inline tables as tables if a later header extends them, which testground's parser accepts and TOML
 * forbids. Everything else keeps its place; rewritten tables are appended.
 * @returns undefined for a text without such a table.
 */
export function withExtendedTables(toml: string): string | undefined {
  const lines = toml.split('\n');
  const headers = lines.flatMap((line) => headerIn(line) ?? []);
  const moved: string[] = [];
  let above = '';
  const kept = lines.map((line) => {
    above = headerIn(line) ?? above;
    const [, key = '', table] = inlineTable.exec(line) ?? [];
    const path = above === '' ? key : `${above}.${key}`;
    if (table === undefined || !headers.some((header) => header === path || header.startsWith(`${path}.`)))
      return line;
    moved.push(`[${path}]\n${stringify(Object(parse(`table = ${table}`)['table']))}`);
    return line.replace(/[^\r]/g, ' ');
  });
  return moved.length === 0 ? undefined : `${kept.join('\n')}\n${moved.join('\n')}`;
}

/** `key = { … }`, with or without a comment. */
const inlineTable = /^\s*([\w-]+|"[^"]+"|'[^']+')\s*=\s*(\{[^{}]*\})\s*(?:#.*)?$/;

/** The name of the table that a header line begins, without white space around its dots. */
function headerIn(line: string): string | undefined {
  const name = /^\s*\[\s*([^[\]]+?)\s*\]/.exec(line)?.[1];
  return name?.replace(/\s*\.\s*/g, '.');
}
