import { TemplateProblem } from './problem.ts';

/** A token of a template, and its position. */
export interface Token {
  readonly kind:
    | 'text'
    | 'open'
    | 'close'
    | 'space'
    | 'symbol'
    | 'dot'
    | 'field'
    | 'variable'
    | 'word'
    | 'number'
    | 'character'
    | 'string'
    | 'raw-string'
    | 'end';
  readonly text: string;
  readonly offset: number;
}

const [open, close] = ['{{', '}}'];
/** What may follow a name; anything else belongs to the name and makes it invalid. */
const afterName = /^(?:[ \t\r\n.,|:)(]|\}\}|$)/;

/** The tokens of an action; the first match counts. */
const pieces: readonly (readonly [Token['kind'], RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['symbol', /:=|[=|,()]/y],
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['raw-string', /`[^`]*`/y],
  ['character', /'(?:[^'\\\n]|\\.)+'/y],
  ['number', /[+-]?(?:\.?\d[\w.]*(?:(?<=[eEpP])[+-]\d[\w.]*)?)/y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['dot', /\./y],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
];
const names: readonly Token['kind'][] = ['variable', 'field', 'dot', 'word'];

/**
 * Splits a template into tokens: text, and the contents of `{{` and `}}`. Drops comments, and white space trimmed by
 * `{{-` and `-}}`.
 * @throws TemplateProblem for invalid input.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const begin = source.indexOf(open, at);
    const end = begin === -1 ? source.length : begin;
    const trims = begin !== -1 && /^-[ \t\r\n]/.test(source.slice(begin + 2, begin + 4));
    const text = trims ? source.slice(at, end).replace(/[ \t\r\n]+$/, '') : source.slice(at, end);
    if (text !== '') tokens.push({ kind: 'text', text, offset: at });
    if (begin === -1) break;
    const inside = begin + (trims ? 4 : 2);
    at = source.startsWith('/*', inside)
      ? afterComment(source, begin, inside)
      : readAction(source, begin, inside, tokens);
  }
  tokens.push({ kind: 'end', text: '', offset: source.length });
  return tokens;
}

/** @returns the position of the text after the comment. */
function afterComment(source: string, begin: number, comment: number): number {
  const end = source.indexOf('*/', comment + 2);
  if (end === -1) throw new TemplateProblem('this comment does not end', begin, 'End it with */}}.');
  const closing = /^(?:\}\}|[ \t\r\n]-\}\}[ \t\r\n]*)/.exec(source.slice(end + 2));
  if (closing === null) {
    throw new TemplateProblem('a comment must be alone in its braces', begin, 'Write {{/* … */}}.');
  }
  return end + 2 + closing[0].length;
}

/** @returns the position of the text after the action. */
function readAction(source: string, begin: number, inside: number, tokens: Token[]): number {
  tokens.push({ kind: 'open', text: open, offset: begin });
  let at = inside;
  for (let depth = 0; ; ) {
    const trimmed = /^[ \t\r\n]+-\}\}[ \t\r\n]*/.exec(source.slice(at));
    const closing = trimmed?.[0] ?? (source.startsWith(close, at) ? close : undefined);
    if (closing !== undefined) {
      if (depth > 0) throw new TemplateProblem('a parenthesis is not closed', begin);
      tokens.push({ kind: 'close', text: close, offset: at });
      return at + closing.length;
    }
    if (at >= source.length) throw new TemplateProblem('this action does not end', begin, 'End it with }}.');
    const token = readPiece(source, at);
    if (token.text === '(') depth++;
    if (token.text === ')' && --depth < 0) throw new TemplateProblem('unexpected )', at);
    tokens.push(token);
    at += token.text.length;
  }
}

function readPiece(source: string, at: number): Token {
  for (const [kind, pattern] of pieces) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    const after = source.slice(at + text.length, at + text.length + 2);
    if (names.includes(kind) && !afterName.test(after)) break;
    return { kind, text, offset: at };
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"' || character === '`' || character === "'") {
    throw new TemplateProblem('this string does not end', at, `End it with ${character}.`);
  }
  const word = /^[^\s}|()]+/.exec(source.slice(at))?.[0] ?? character;
  throw new TemplateProblem(`unexpected ${JSON.stringify(word)}`, at);
}
