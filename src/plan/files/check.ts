import * as z from 'zod';
import { severalProblems, TgError } from '../../util/errors.ts';
import { redactUrls } from '../../util/redact-url.ts';
import { suggestions } from '../../util/suggest.ts';
import { truncate } from '../../util/truncate.ts';
import { toJson } from '../../values/json.ts';
import type { Document } from './document.ts';
import { keysAt, withSchemaKeys } from './known-keys.ts';
import type { KeyPath } from './positions.ts';

/** The validated content of a file, with its unknown keys. */
export interface Checked<Data> {
  readonly data: Data;
  /** Keys that the schema does not have, each with its place and the nearest known key. */
  readonly unknown: readonly TgError[];
  /** Formats `file:line:column: key` of a value for messages. */
  readonly placeOf: PlaceOf;
}

/** Returns the place of a value: `file:line:column: key`. */
export type PlaceOf = (path: KeyPath) => string;

/**
 * Validates the content of a file against a schema.
 * @throws TgError (usage) with every problem: its place, its key, the value found, and the values allowed.
 */
export function checkDocument<Schema extends z.ZodType>(
  document: Document,
  schema: Schema,
): Checked<z.output<Schema>> {
  refuseOdd(document, document.content, []);
  const placeOf: PlaceOf = (path) => `${document.placeOf(document.offsetOf(path))}: ${keyText(path)}`;
  // Most files write all keys as the schema does and have no others; looking up keys takes longer than everything
  // else.
  const asWritten = hasCapitals(document.content) ? undefined : schema.safeParse(document.content);
  if (asWritten?.success) return { data: asWritten.data, unknown: [], placeOf };
  const { unknown, known } = setUnknownAside(document, schema);
  const checked = schema.safeParse(known);
  if (checked.success) return { data: checked.data, unknown, placeOf };
  const problems = inOrder(
    document,
    checked.error.issues.map((issue) => ({
      path: issue.path,
      message: `${keyText(issue.path)}: ${describeIssue(issue, valueAt(known, issue.path))}`,
    })),
  );
  // A missing key may be a misspelt one.
  throw severalProblems([...problems, ...unknown]);
}

/** The maximum nesting of tables and arrays, since the checks are recursive. */
const deepest = 100;

/** Refuses the key `__proto__`, which JavaScript would drop silently, and values nested too deeply. */
function refuseOdd(document: Document, value: unknown, path: KeyPath): void {
  if (typeof value !== 'object' || value === null) return;
  if (path.length >= deepest) {
    throw new TgError('usage', `tables are nested more than ${deepest} deep`, { where: document.file });
  }
  for (const [key, its] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === '__proto__') {
      throw new TgError('usage', `${keyText(at)}: the name __proto__ is reserved`, {
        where: document.placeOf(document.offsetOf(at)),
      });
    }
    refuseOdd(document, its, at);
  }
}

/**
 * Whether a key has an upper-case letter. No schema key has one, so keys without are either spelled as in the
 * schema or unknown.
 */
function hasCapitals(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasCapitals);
  return (
    isTable(value) &&
    Object.entries(value).some(([key, its]) => key !== key.toLowerCase() || hasCapitals(its))
  );
}

interface Problem {
  readonly path: KeyPath;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Sorts problems by their places in the file. */
function inOrder(document: Document, problems: readonly Problem[]): TgError[] {
  return problems
    .map((problem) => ({ ...problem, offset: document.offsetOf(problem.path) }))
    .sort((a, b) => a.offset - b.offset)
    .map(
      ({ message, hint, offset }) => new TgError('usage', message, { where: document.placeOf(offset), hint }),
    );
}

function setUnknownAside(document: Document, schema: z.ZodType): { unknown: TgError[]; known: unknown } {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const known = withSchemaKeys(document.content, shape);
  const issues = schema.safeParse(known).error?.issues ?? [];
  const unknown = issues.flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [];
    const holder = valueAt(known, issue.path);
    return issue.keys.map((key) => {
      if (isTable(holder)) delete holder[key];
      const path = [...issue.path, key];
      const [near] = suggestions(key, keysAt(shape, issue.path), 1);
      const hint = near === undefined ? undefined : `Did you mean ${near}?`;
      return { path, message: `unknown key ${keyText(path)}`, hint };
    });
  });
  return { unknown: inOrder(document, unknown), known };
}

function describeIssue(issue: z.core.$ZodIssue, found: unknown): string {
  // The problem is in the key, which the place names.
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join('; ');
  const whole = issue.code === 'invalid_type' && typeof found === 'bigint';
  if (whole) return `must be a whole number up to ${Number.MAX_SAFE_INTEGER}, not ${found}`;
  if (found === undefined && issue.code === 'invalid_type')
    return `is missing; it must be ${nameOf(issue.expected)}`;
  return `${allowed(issue)}, not ${shown(found)}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nameOf(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(shown).join(' or ')}`;
    case 'too_small':
      if (issue.origin === 'array')
        return `must have at least ${issue.minimum === 1 ? 'one entry' : `${issue.minimum} entries`}`;
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const names: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  number: 'a number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'a table',
  record: 'a table',
};

function nameOf(type: string): string {
  return names[type] ?? type;
}

/** Formats a value, truncated if it is long. */
function shown(value: unknown): string {
  const text = toJson(value) ?? String(value);
  // The URL of a server may hold a password.
  return truncate(redactUrls(text), 100);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((of, key) => {
    if (Array.isArray(of)) return of[Number(key)];
    return isTable(of) ? of[String(key)] : undefined;
  }, value);
}

/** Parses a key path written by `keyWords`, if all its names are plain. */
export function keyPathIn(text: string): KeyPath {
  return text
    .split(/[.[\]]+/)
    .flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
}

/** Formats a key path as `testcases[0].params.n`. */
export function keyText(path: KeyPath): string {
  let out = '';
  for (const key of path) {
    if (typeof key === 'number') out += `[${key}]`;
    else {
      const name = /^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(key);
      out += out === '' ? name : `.${name}`;
    }
  }
  return out === '' ? 'the file' : out;
}
