import { gather, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { truncate } from '../../util/truncate.ts';
import type { Parameter, TestCase } from '../manifest/manifest.ts';
import type { Params } from '../run-spec.ts';
import { type Found, firstDefined, type Layer, placeOf } from './layered-config.ts';
import { textOf } from './param-text.ts';
import { unlike } from './param-types.ts';

export interface ResolvedParams {
  readonly params: ReadonlyMap<string, Found<string>>;
  /** Names that the test case does not declare, each with what is to be said of it. */
  readonly undeclared: ReadonlyMap<string, TgError>;
  /** What is to be said of values that do not look like what is declared: they are carried all the same. */
  readonly doubts: readonly TgError[];
  /** What is wrong with values that the packing of TEST_INSTANCE_PARAMS cannot carry. */
  readonly refused: readonly TgError[];
}

/**
 * The parameters of a test case: the manifest's defaults, below what was given.
 * @param given weakest first.
 * @param placeOfDefault where the default of a parameter stands in the manifest.
 */
export function resolveParams(
  testCase: TestCase,
  given: readonly Layer<string>[],
  placeOfDefault?: (name: string) => string,
): ResolvedParams {
  const params = firstDefined([defaultsOf(testCase, placeOfDefault), ...given]);
  const { values, problems: refused } = gather(
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
          hint: didYouMean(name, Object.keys(testCase.params), 'parameter'),
        }),
      ]),
  );
  return { params, undeclared, doubts: values.flatMap((doubt) => doubt ?? []), refused };
}

/** What has no default is null, as testground has it: an SDK would refuse to start where a parameter is not there. */
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

/** @returns what is to be said of a value that does not look like what is declared. */
function checkValue(
  name: string,
  found: Found<string>,
  declared: Parameter | undefined,
): TgError | undefined {
  const { value, where } = found;
  const isSecret = declared?.secret === true;
  checkCarried(name, value, 'parameter', where, isSecret);
  if (declared === undefined || isWithoutValue(found, declared)) return undefined;
  if (isSecret) checkSecret(name, value, where);
  return doubtOf(name, found, declared);
}

function doubtOf(name: string, found: Found<string>, declared: Parameter): TgError | undefined {
  const { value, where, place } = found;
  const type = unlike(value, declared);
  if (type === undefined) return undefined;
  const shown = declared.secret ? 'what it is' : truncate(JSON.stringify(value), 100);
  const at = place?.() ?? (where === 'manifest.toml' ? 'manifest.toml, its default' : where);
  return new TgError('usage', `parameter "${name}" must be ${type}, not ${shown}`, { where: at });
}

/** What is to be said of the defaults of a test case that do not look like what is declared. */
export function doubtfulDefaults(testCase: TestCase, placeOf: (name: string) => string): TgError[] {
  return [...firstDefined([defaultsOf(testCase, placeOf)])].flatMap(([name, found]) => {
    const declared = testCase.params[name];
    if (declared === undefined || isWithoutValue(found, declared)) return [];
    return doubtOf(name, found, declared) ?? [];
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
