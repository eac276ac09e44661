import { describe, expect, test } from 'vitest';
import { manifestSchema, type TestCase } from '../../src/plan/manifest/manifest.ts';
import { checkSecret, doubtfulDefaults, resolveParams } from '../../src/plan/resolve/params.ts';
import type { TgError } from '../../src/util/errors.ts';

function testCaseOf(params: Readonly<Record<string, object>>): TestCase {
  const { testcases } = manifestSchema.parse({ name: 'p', testcases: [{ name: 't', params }] });
  const [testCase] = testcases;
  if (testCase === undefined) throw new Error('it has a test case');
  return testCase;
}

const at = (name: string) => `manifest.toml, the line of ${name}`;

describe('parameters', () => {
  const testCase = testCaseOf({
    good: { type: 'int', default: 1 },
    bad: { type: 'int', default: 'many' },
    odd: { type: 'int', values: [1, 3], default: 2 },
    none: { type: 'int' },
    hidden: { type: 'int', secret: true, default: 'secret' },
  });
  const doubts = (place: (name: string) => string) => [
    [place('bad'), 'parameter "bad" must be of type int, not "many"'],
    [place('odd'), 'parameter "odd" must be one of "1", "3", not "2"'],
    [place('hidden'), 'parameter "hidden" must be of type int, not the given value'],
  ];
  const shown = (all: readonly TgError[]) => all.map(({ where, message }) => [where, message]);

  test('whose default does not match its type are doubts, those without a default are not', () => {
    const resolved = resolveParams(testCase, [], at);
    expect(shown(resolved.doubts)).toEqual(doubts(at));
    for (const { kind } of resolved.doubts) expect(kind).toBe('usage');
    expect(shown(doubtfulDefaults(testCase, at))).toEqual(doubts(at));
    expect(shown(resolveParams(testCase, []).doubts)).toEqual(doubts(() => 'manifest.toml, its default'));
    expect([...resolved.params].map(([name, { value }]) => [name, value])).toEqual([
      ...[
        ['good', '1'],
        ['bad', 'many'],
        ['odd', '2'],
        ['none', 'null'],
        ['hidden', 'secret'],
      ],
    ]);
    expect([resolved.refused, [...resolved.undeclared]]).toEqual([[], []]);
  });

  test('that are given are checked in place of the default, also against a type without a default', () => {
    const given = { bad: '1', odd: '3', hidden: '12345', none: 'null' };
    expect(shown(resolveParams(testCase, [{ where: '--test-param', values: given }]).doubts)).toEqual([
      ['--test-param', 'parameter "none" must be of type int, not "null"'],
    ]);
  });

  test('that are not declared are reported with the nearest name, also names of Object', () => {
    const values = { godo: '1', constructor: '2' };
    const { undeclared, doubts, refused } = resolveParams(testCaseOf({ good: {} }), [
      { where: '--test-param', values },
    ]);
    expect([...undeclared].map(([name, { kind, where, hint }]) => [name, kind, where, hint])).toEqual([
      ['godo', 'usage', '--test-param', 'Did you mean good?'],
      ['constructor', 'usage', '--test-param', 'Known: good.'],
    ]);
    expect([doubts, refused]).toEqual([[], []]);
  });
});

describe('a secret', () => {
  const testCase = testCaseOf({ key: { secret: true }, open: {} });

  test.each<[string, string | undefined]>([
    ['long', undefined],
    ['', undefined],
    ['abc', 'the secret "key" is too short to be masked'],
    ...['|', '=', '\0'].map<[string, string]>((bad) => [
      `hidden${bad}`,
      `parameter "key" cannot be passed to the instances: its value contains ${JSON.stringify(bad)}`,
    ]),
  ])('with the value %j is refused with: %s', (key, message) => {
    const { refused } = resolveParams(testCase, [{ where: '--test-param', values: { key, open: 'a' } }]);
    const problems = message === undefined ? [] : [{ kind: 'usage', where: '--test-param', message }];
    expect(refused).toMatchObject(problems);
    expect(refused).toHaveLength(problems.length);
    const check = () => checkSecret('key', key, '--test-param');
    if (message === undefined) check();
    else expect(check).toThrow(message);
  });

  test('has its value in no message, all others do', () => {
    const values = { key: 'hidden|', open: 'shown|' };
    const said = resolveParams(testCase, [{ where: '--test-param', values }]).refused.map((its) =>
      its.describe(),
    );
    expect(said).toEqual([
      expect.not.stringContaining('hidden'),
      expect.stringContaining('parameter "open" cannot be passed to the instances: "shown|" contains "|"'),
    ]);
  });
});
