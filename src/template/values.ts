/**
 * A value in a template, as Go's text/template would see it. Undefined is Go's invalid value, for instance that of a
 * missing map key; integers are bigint, other numbers are number.
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

/** A map with string keys. */
export interface GoMap {
  readonly kind: 'map';
  /** The element type, which decides what `index` returns for a missing key. */
  readonly of: 'text' | 'any';
  readonly entries: ReadonlyMap<string, GoValue>;
}

/** A value with a fixed set of fields: accessing any other field is an error. */
export interface GoStruct {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, GoValue>;
}

/** A date or a time, with its printed text. */
export interface GoTime {
  readonly kind: 'time';
  /** In TOML syntax. */
  readonly toml: string;
  readonly text: string;
}

export function mapOf(entries: Iterable<readonly [string, GoValue]>, of: GoMap['of'] = 'any'): GoMap {
  return { kind: 'map', of, entries: new Map(entries) };
}

export function isArray(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** The kind of a value, for messages. */
export function kindOf(value: GoValue): string {
  if (value === undefined) return 'nothing';
  if (isArray(value)) return 'array';
  if (typeof value === 'object') return value.kind;
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'integer';
  return typeof value;
}

/** Whether `if`, `with`, `and`, `or` and `not` treat a value as true: it is not empty. */
export function isTrue(value: GoValue): boolean {
  if (isArray(value)) return value.length > 0;
  if (typeof value === 'object') return value.kind !== 'map' || value.entries.size > 0;
  return typeof value === 'number' ? value !== 0 : Boolean(value);
}

/** The entries of a map in the order in which Go iterates and prints it: by the bytes of their keys. */
export function sortedEntries({ entries }: GoMap): [string, GoValue][] {
  return [...entries].sort(([a], [b]) => compareBytes(a, b));
}

/** Negative, 0 or positive, by the bytes of the texts' UTF-8. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
