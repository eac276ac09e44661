import { parse, stringify } from 'smol-toml';

/**
 * A TOML text whose inline tables are written as tables where a later header extends them: Testground's parser takes that,
 * and TOML does not. Everything else stays where it is; what is written anew stands at the end.
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

/** `key = { … }`, with a comment or without. */
const inlineTable = /^\s*([\w-]+|"[^"]+"|'[^']+')\s*=\s*(\{[^{}]*\})\s*(?:#.*)?$/;

/** The name of the table that a line begins, without white space around its dots. */
function headerIn(line: string): string | undefined {
  const name = /^\s*\[\s*([^[\]]+?)\s*\]/.exec(line)?.[1];
  return name?.replace(/\s*\.\s*/g, '.');
}
