/**
 * A value as a template knows it: what Go's text/template would see. Undefined is its invalid value, as of a key that a
 * map does not have; integers are bigint, other numbers are number.
 */
export type GoValue =
  | undefined
  | boolean
  | string
  | bigint
  | number
  | GoTime
  | GoMap
  | GoStruct
  | readonly GoValue[];

/** A map with texts as keys. */
export interface GoMap {
  readonly kind: 'map';
  /** Of what: it decides what `index` gives for a key that is not there. */
  readonly of: 'text' | 'any';
  readonly entries: ReadonlyMap<string, GoValue>;
}

/** A value with a fixed set of fields: to ask for another one is an error, not nothing. */
export interface GoStruct {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, GoValue>;
}

/** A date or a time, by the text that is printed. */
export interface GoTime {
  readonly kind: 'time';
  /** As TOML has it. */
  readonly toml: string;
  readonly text: string;
}

export function mapOf(entries: Iterable<readonly [string, GoValue]>, of: GoMap['of'] = 'any'): GoMap {
  return { kind: 'map', of, entries: new Map(entries) };
}

export function isArray(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** What a value is, for messages. */
export function kindOf(value: GoValue): string {
  if (value === undefined) return 'nothing';
  if (isArray(value)) return 'array';
  if (typeof value === 'object') return value.kind;
  if (typeof value === 'string') return 'text';
  if (typeof value === 'bigint') return 'integer';
  return typeof value;
}

/** Whether `if`, `with`, `and`, `or` and `not` take it as true: everything that is not empty. */
export function isTrue(value: GoValue): boolean {
  if (isArray(value)) return value.length > 0;
  if (typeof value === 'object') return value.kind !== 'map' || value.entries.size > 0;
  return typeof value === 'number' ? value !== 0 : Boolean(value);
}

/** The entries of a map in the order in which Go walks and prints it: by the bytes of their keys. */
export function sortedEntries({ entries }: GoMap): [string, GoValue][] {
  return [...entries].sort(([a], [b]) => compareBytes(a, b));
}

/** Less than 0, 0 or more than 0, by the bytes of the texts' UTF-8. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
