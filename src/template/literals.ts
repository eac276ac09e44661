import type { Token } from './lexer.ts';
import { TemplateProblem } from './problem.ts';
import type { GoValue } from './values.ts';

/** The value of a Go literal: a number, a character or a string. @throws TemplateProblem for an invalid literal. */
export function readLiteral({ kind, text, offset }: Token): GoValue {
  if (kind === 'raw-string') return text.slice(1, -1).replaceAll('\r', '');
  if (kind === 'string') return unescapeText(text.slice(1, -1), '"', offset);
  if (kind === 'number') return readNumber(text, offset);
  const byte = /^'\\(?:x([\da-fA-F]{2})|([0-3][0-7]{2}))'$/.exec(text);
  if (byte !== null) return BigInt(Number.parseInt(byte[1] ?? byte[2] ?? '', byte[1] === undefined ? 8 : 16));
  const characters = [...unescapeText(text.slice(1, -1), "'", offset)];
  const [character] = characters;
  if (character === undefined || characters.length > 1) {
    throw new TemplateProblem(`${text} is not one character`, offset, 'Write strings in double quotes.');
  }
  return BigInt(character.codePointAt(0) ?? 0);
}

const digits = { decimal: /^\d+(_?\d+)*$/, based: /^0(x(_?[\da-f])+|b(_?[01])+|o?(_?[0-7])+)$/i };

function readNumber(text: string, offset: number): GoValue {
  const [, sign = '', amount = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  const plain = amount.replaceAll('_', '');
  const isBased = digits.based.test(amount);
  const isWhole = isBased || (digits.decimal.test(amount) && (amount === '0' || !amount.startsWith('0')));
  if (isWhole) {
    const whole = BigInt(isBased ? plain.replace(/^0(?=\d)/, '0o') : plain);
    const value = sign === '-' ? -whole : whole;
    if (BigInt.asIntN(64, value) === value) return value;
    throw new TemplateProblem(`the number ${text} is too large`, offset);
  }
  const isFloat = /^(?=.*[.e])(\d+(_?\d+)*)?\.?(\d+(_?\d+)*)?(e[+-]?\d+)?$/i.test(amount);
  if (isFloat && Number.isFinite(Number(plain))) {
    return Number(`${sign}${plain}`);
  }
  throw new TemplateProblem(`not a number: ${text}`, offset);
}

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

function unescapeText(text: string, quote: string, offset: number): string {
  const parts: Buffer[] = [];
  const pattern = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-3][0-7]{2})|(.))|[^\\]+/gsu;
  for (const [piece, byte, short, long, octal, letter] of text.matchAll(pattern)) {
    if (byte !== undefined) parts.push(Buffer.from(byte, 'hex'));
    else if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8)]));
    else if (short !== undefined || long !== undefined) parts.push(codePoint(short ?? long ?? '', offset));
    else if (letter === undefined) parts.push(Buffer.from(piece));
    else if (letter === quote || letter in simple) parts.push(Buffer.from(simple[letter] ?? letter));
    else throw new TemplateProblem(`unknown escape ${piece}`, offset);
  }
  return Buffer.concat(parts).toString('utf8');
}

function codePoint(hex: string, offset: number): Buffer {
  const code = Number.parseInt(hex, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw new TemplateProblem(`not a character: \\u${hex}`, offset);
  }
  return Buffer.from(String.fromCodePoint(code));
}
