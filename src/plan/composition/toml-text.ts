import { type GoMap, type GoValue, isArray, sortedEntries } from '../../template/values.ts';

/** Writes a table as TOML in the layout of testground's `toml` function: keys sorted, plain values first. */
export function tomlText(table: GoMap): string {
  const text = { written: '' };
  writeTable(table, [], text);
  return text.written;
}

interface Text {
  written: string;
}

function writeTable(table: GoMap, path: readonly string[], text: Text): void {
  // Entries without a value are not written.
  const entries = sortedEntries(table).filter(([, value]) => value !== undefined);
  for (const [key, value] of entries) {
    if (!isTables(value)) text.written += `${indent(path.length)}${keyText(key)} = ${valueText(value)}\n`;
  }
  for (const [key, value] of entries) {
    const its = [...path, key];
    const name = its.map(keyText).join('.');
    const head = indent(path.length);
    if (isMap(value)) {
      if (its.length === 1) separate(text);
      text.written += `${head}[${name}]\n`;
      writeTable(value, its, text);
    } else if (isTables(value)) {
      for (const element of value) {
        separate(text);
        text.written += `${head}[[${name}]]\n`;
        writeTable(element, its, text);
      }
    }
  }
}

function separate(text: Text): void {
  if (text.written !== '') text.written += '\n';
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}

function isMap(value: GoValue): value is GoMap {
  return typeof value === 'object' && 'kind' in value && value.kind === 'map';
}

/** Whether the value is written with table headers: a table, or a list of tables. */
function isTables(value: GoValue): value is GoMap | readonly GoMap[] {
  return isMap(value) || (isArray(value) && value.length > 0 && value.every(isMap));
}

function valueText(value: GoValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return floatText(value);
  if (isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isMap(value)) {
    const entries = sortedEntries(value).map(([key, its]) => `${keyText(key)} = ${valueText(its)}`);
    return `{${entries.join(', ')}}`;
  }
  return typeof value === 'object' && value.kind === 'time' ? value.toml : String(value);
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf';
  const digits = withoutExponent(String(value));
  return digits.includes('.') ? digits : `${digits}.0`;
}

function withoutExponent(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const power = Number(exponent);
  if (power > 0) return sign + (whole + fraction).padEnd(power + 1, '0');
  return `${sign}0.${'0'.repeat(-power - 1)}${whole}${fraction}`;
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : quoted(key);
}

/** TOML shares JSON's escapes, but DEL must be escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
