import { parseGoDuration } from '../../values/go-duration.ts';
import { isJson } from '../../values/json.ts';
import { parseSize } from '../../values/size.ts';
import type { Parameter } from '../manifest/manifest.ts';
import { textOf } from './param-text.ts';

/** The format of each parameter type. Types that tg does not know (plans invent their own) are not checked. */
const checks: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ...['int', 'integer', 'int64'].map((type) => [type, isInteger] as const),
  ...['float', 'float64', 'number'].map((type) => [type, isNumber] as const),
  ...['bool', 'boolean'].map((type) => [type, isBoolean] as const),
  ['uint', (value) => /^\+?\d+$/.test(value)],
  ['size', (value) => parseSize(value) !== undefined],
  ['duration', (value) => parseGoDuration(value) !== undefined],
  ['json', isJson],
]);

function isInteger(value: string): boolean {
  return /^[-+]?\d+$/.test(value);
}

function isNumber(value: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) || /^[-+]?(inf|infinity|nan)$/i.test(value);
}

function isBoolean(value: string): boolean {
  return /^(true|false)$/i.test(value);
}

/**
 * Describes the declared type that a value does not match: `of type int`, `one of "a", "b"`.
 * @returns undefined if the value matches.
 */
export function unlike(value: string, { type, values, options }: Parameter): string | undefined {
  const check = checks.get(type.toLowerCase());
  if (check !== undefined && !check(value)) return `of type ${type}`;
  const allowed = (values ?? options)?.map((its) => textOf(its) ?? '') ?? [];
  if (allowed.length === 0 || allowed.includes(value)) return undefined;
  return `one of ${allowed.map((its) => JSON.stringify(its)).join(', ')}`;
}
