import { runAll, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { truncate } from '../../util/truncate.ts';
import type { Parameter, TestCase } from '../manifest/manifest.ts';
import type { Params } from '../run-spec.ts';
import { type Found, firstDefined, type Layer, placeOf } from './layered-config.ts';
import { textOf } from './param-text.ts';
import { unlike } from './param-types.ts';

export interface ResolvedParams {
  readonly params: ReadonlyMap<string, Found<string>>;
  /** Undeclared parameters, each with the problem to report. */
  readonly undeclared: ReadonlyMap<string, TgError>;
  /** Problems of values that do not match their declared type; they are passed on nevertheless. */
  readonly doubts: readonly TgError[];
  /** Problems of values that cannot be encoded in TEST_INSTANCE_PARAMS. */
  readonly refused: readonly TgError[];
}

/**
 * Resolves the parameters of a test case: given values override the manifest's defaults.
 * @param given weakest first.
 * @param placeOfDefault the place of a parameter's default in the manifest.
 */
export function resolveParams(
  testCase: TestCase,
  given: readonly Layer<string>[],
  placeOfDefault?: (name: string) => string,
): ResolvedParams {
  const params = firstDefined([defaultsOf(testCase, placeOfDefault), ...given]);
  const { values, problems: refused } = runAll(
    [...params].map(
      ([name, found]) =>
        () =>
          checkValue(name, found, ownOf(testCase.params, name)),
    ),
  );
  const undeclared = new Map(
    [...params]
      .filter(([name]) => !Object.hasOwn(testCase.params, name))
      .map(([name, found]) => [
        name,
        new TgError('usage', `test case "${testCase.name}" has no parameter "${name}"`, {
          where: placeOf(found),
          hint:
            Object.keys(testCase.params).length === 0
              ? 'There is no parameter in this test case: the manifest declares them in [testcases.params].'
              : didYouMean(name, Object.keys(testCase.params), 'parameter'),
        }),
      ]),
  );
  return { params, undeclared, doubts: values.flatMap((doubt) => doubt ?? []), refused };
}

/**
 * The defaults. A parameter without one is null, as in testground: SDKs refuse to start if a parameter is missing.
 */
function defaultsOf({ params }: TestCase, placeOf?: (name: string) => string): Layer<string> {
  return {
    where: 'manifest.toml',
    ...(placeOf && { placeOf }),
    values: Object.fromEntries(
      Object.entries(params).map(([name, parameter]) => [name, textOf(parameter.default) ?? 'null']),
    ),
  };
}

/** Whether a parameter has neither a default nor a value. */
export function isWithoutValue({ where }: Found<string>, declared: Parameter | undefined): boolean {
  return where === 'manifest.toml' && declared?.default === undefined;
}

/** Shorter values occur everywhere and could not be masked. */
const shortestSecret = 4;

/**
 * Checks that the value of a secret parameter can be masked and passed on.
 * @throws TgError (usage), which does not show the value.
 */
export function checkSecret(name: string, value: string, where: string): void {
  checkPackable(name, value, 'parameter', where, true);
  if (value === '' || value.length >= shortestSecret) return;
  throw new TgError('usage', `the secret "${name}" is too short to be masked`, {
    where,
    hint: `It must have at least ${shortestSecret} characters.`,
  });
}

/** @returns the problem of a value that does not match its declared type, if any. */
function checkValue(
  name: string,
  found: Found<string>,
  declared: Parameter | undefined,
): TgError | undefined {
  const { value, where } = found;
  const isSecret = declared?.secret === true;
  checkPackable(name, value, 'parameter', where, isSecret);
  if (declared === undefined || isWithoutValue(found, declared)) return undefined;
  if (isSecret) checkSecret(name, value, where);
  return doubtOf(name, found, declared);
}

function doubtOf(name: string, found: Found<string>, declared: Parameter): TgError | undefined {
  const { value, where, place } = found;
  const type = unlike(value, declared);
  if (type === undefined) return undefined;
  const shown = declared.secret ? 'the given value' : truncate(JSON.stringify(value), 100);
  const at = place?.() ?? (where === 'manifest.toml' ? 'manifest.toml, its default' : where);
  return new TgError('usage', `parameter "${name}" must be ${type}, not ${shown}`, { where: at });
}

/** The problems of a test case's defaults that do not match their declared types. */
export function doubtfulDefaults(testCase: TestCase, placeOf: (name: string) => string): TgError[] {
  return [...firstDefined([defaultsOf(testCase, placeOf)])].flatMap(([name, found]) => {
    const declared = testCase.params[name];
    if (declared === undefined || isWithoutValue(found, declared)) return [];
    return doubtOf(name, found, declared) ?? [];
  });
}

/** Reads an own property: a parameter may be called `constructor`. */
function ownOf<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** All SDKs split the packed parameters at `|` and each one at `=`, and drop those with another `=`. */
export function checkPackable(
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
    `${what} "${name}" cannot be passed to the instances: ${isSecret ? 'its value' : JSON.stringify(value)} contains ${JSON.stringify(bad)}`,
    {
      where,
      hint: 'SDKs split the packed parameters at "|" and "=" and would lose it. Encode the value, for instance in base64url.',
    },
  );
}

/** Encodes parameters or profiles for TEST_INSTANCE_PARAMS and TEST_CAPTURE_PROFILES: `k=v` joined with `|`. */
export function pack(values: Params): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('|');
}
