import { allOf, TgError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { parseGoDuration } from '../../values/go-duration.ts';
import { isJson, toJson } from '../../values/json.ts';
import { parseSize } from '../../values/size.ts';
import type { Parameter, TestCase } from '../manifest/manifest.ts';
import { type Found, type Layer, trickle } from './trickle.ts';

/** Parameter names with their values, as an instance receives them. */
export type Params = Readonly<Record<string, string>>;

export interface ResolvedParams {
  readonly params: ReadonlyMap<string, Found<string>>;
  /** Names that the test case does not declare, each with what is to be said of it. */
  readonly undeclared: ReadonlyMap<string, TgError>;
}

/**
 * The parameters of a test case: the manifest's defaults, below what was given.
 * @param given weakest first.
 * @throws TgError (usage) for a value that is not of the declared type, or one that the packing of TEST_INSTANCE_PARAMS
 *   cannot carry.
 */
export function resolveParams(testCase: TestCase, given: readonly Layer<string>[]): ResolvedParams {
  const params = trickle([defaultsOf(testCase), ...given]);
  allOf(
    [...params].map(
      ([name, found]) =>
        () =>
          checkValue(name, found, ownOf(testCase.params, name)),
    ),
  );
  const undeclared = new Map(
    [...params]
      .filter(([name]) => !Object.hasOwn(testCase.params, name))
      .map(([name, { where }]) => [
        name,
        new TgError('usage', `test case "${testCase.name}" has no parameter "${name}"`, {
          where,
          hint: didYouMean(name, Object.keys(testCase.params), 'parameter'),
        }),
      ]),
  );
  return { params, undeclared };
}

/** What has no default is null, as testground has it: an SDK would refuse to start where a parameter is not there. */
function defaultsOf({ params }: TestCase): Layer<string> {
  return {
    where: 'manifest.toml',
    values: Object.fromEntries(
      Object.entries(params).map(([name, parameter]) => [name, textOf(parameter.default) ?? 'null']),
    ),
  };
}

/** A value of TOML as an instance reads it: numbers and dates as TOML writes them, tables and arrays as JSON. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return toJson(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    return String(value).replace('Infinity', 'inf').toLowerCase();
  return value instanceof Date ? value.toISOString() : String(value);
}

const checks: Readonly<Record<string, (value: string) => boolean>> = {
  int: isInteger,
  integer: isInteger,
  int64: isInteger,
  uint: (value) => /^\+?\d+$/.test(value),
  float: isNumber,
  float64: isNumber,
  number: isNumber,
  bool: isBoolean,
  boolean: isBoolean,
  size: (value) => parseSize(value) !== undefined,
  duration: (value) => parseGoDuration(value) !== undefined,
  json: isJson,
};

function isInteger(value: string): boolean {
  return /^[-+]?\d+$/.test(value);
}

function isNumber(value: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) || /^[-+]?(inf|infinity|nan)$/i.test(value);
}

function isBoolean(value: string): boolean {
  return /^(true|false)$/i.test(value);
}

/** Whether a parameter has neither a default nor a value. */
export function isWithoutValue({ where }: Found<string>, declared: Parameter | undefined): boolean {
  return where === 'manifest.toml' && declared?.default === undefined;
}

/** Whatever is shorter occurs everywhere: it could not be masked. */
const shortestSecret = 4;

/**
 * Sees that the value of a secret parameter can be masked and carried.
 * @throws TgError (usage), which does not show it.
 */
export function checkSecret(name: string, value: string, where: string): void {
  checkCarried(name, value, 'parameter', where, true);
  if (value === '' || value.length >= shortestSecret) return;
  throw new TgError('usage', `the secret "${name}" is too short to be masked`, {
    where,
    hint: `It must have at least ${shortestSecret} characters.`,
  });
}

/** Types that tg does not know (plans invent their own) are not checked. */
function checkValue(name: string, { value, where }: Found<string>, declared: Parameter | undefined): void {
  const isSecret = declared?.secret === true;
  checkCarried(name, value, 'parameter', where, isSecret);
  const check = ownOf(checks, declared?.type.toLowerCase() ?? '');
  if (isWithoutValue({ value, where }, declared)) return;
  if (isSecret) checkSecret(name, value, where);
  if (check === undefined || check(value)) return;
  const shown = isSecret ? 'what it is' : JSON.stringify(value);
  throw new TgError('usage', `parameter "${name}" must be of type ${declared?.type}, not ${shown}`, {
    where: where === 'manifest.toml' ? 'manifest.toml, its default' : where,
  });
}

/** A table’s own entry: parameters may be called `constructor`. */
function ownOf<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Every SDK splits the packed parameters at `|` and each at `=`, and drops what has another `=`. */
export function checkCarried(
  name: string,
  value: string,
  what: string,
  where: string,
  isSecret = false,
): void {
  const bad = ['|', '=', '\0'].find((character) => `${name}${value}`.includes(character));
  if (bad === undefined) return;
  throw new TgError(
    'usage',
    `${what} "${name}" cannot be carried to the instances: ${isSecret ? 'its value' : JSON.stringify(value)} contains ${JSON.stringify(bad)}`,
    {
      where,
      hint: 'SDKs split the packed parameters at "|" and "=" and would lose it. Encode the value, for instance in base64url.',
    },
  );
}

/** Parameters, or profiles, as TEST_INSTANCE_PARAMS and TEST_CAPTURE_PROFILES hold them: `k=v` joined with `|`. */
export function pack(values: Params): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('|');
}
