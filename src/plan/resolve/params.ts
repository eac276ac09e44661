import { TgError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { parseGoDuration } from '../../values/go-duration.ts';
import { isJson, toJson } from '../../values/json.ts';
import { parseSize } from '../../values/size.ts';
import type { Parameter, TestCase } from '../manifest/manifest.ts';

/** Parameter names with their values, as an instance receives them. */
export type Params = Readonly<Record<string, string>>;

/**
 * The parameters of a test case: the manifest's defaults, overridden by what was given.
 * @throws TgError (usage) for a name the test case does not have, a value that is not of the declared type, or one
 *   that the packing of TEST_INSTANCE_PARAMS cannot carry.
 */
export function resolveParams(testCase: TestCase, given: Params): Params {
  const declared = testCase.params;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name)) {
      throw new TgError('usage', `test case "${testCase.name}" has no parameter "${name}"`, {
        hint: didYouMean(name, Object.keys(declared), 'parameter'),
      });
    }
  }
  const params: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = given[name] ?? textOf(parameter.default);
    if (value === undefined) continue;
    checkType(name, value, parameter, Object.hasOwn(given, name));
    checkCarried(name, value);
    params[name] = value;
  }
  return params;
}

/** A default of the manifest as an instance reads it: numbers and dates as TOML writes them, tables and arrays as JSON. */
function textOf(value: unknown): string | undefined {
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

/** Types that tg does not know (plans invent their own) are not checked. */
function checkType(name: string, value: string, { type }: Parameter, given: boolean): void {
  const check = checks[type.toLowerCase()];
  if (check === undefined || check(value)) return;
  throw new TgError('usage', `parameter "${name}" must be of type ${type}, not ${JSON.stringify(value)}`, {
    where: given ? '--test-param' : 'manifest.toml, its default',
  });
}

/** Every SDK splits the packed parameters at `|` and each at `=`, and drops what has another `=`. */
export function checkCarried(name: string, value: string, what = 'parameter'): void {
  const bad = ['|', '=', '\0'].find((character) => `${name}${value}`.includes(character));
  if (bad === undefined) return;
  throw new TgError(
    'usage',
    `${what} "${name}" cannot be carried to the instances: ${JSON.stringify(value)} contains ${JSON.stringify(bad)}`,
    {
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
