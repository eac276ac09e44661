import { describe, expect, test } from 'vitest';
import { ParamReaders } from '../../src/sdk/param-readers.ts';

const readers = new ParamReaders({
  text: 'words',
  empty: '',
  int: '42',
  negative: '-7',
  big: '9007199254740993',
  float: '2.5e3',
  yes: 'True',
  no: 'false',
  size: '64KiB',
  duration: '1m30s',
  json: '{"a":[1]}',
  strings: '["a","b"]',
  numbers: '[1,2.5]',
  sizes: '["1k","1KiB"]',
  durations: '["1s","2ms"]',
});

test('reads parameters of each type', () => {
  expect(readers.stringParam('text')).toBe('words');
  expect(readers.stringParam('empty')).toBe('');
  expect(readers.intParam('int')).toBe(42);
  expect(readers.intParam('negative')).toBe(-7);
  expect(readers.floatParam('float')).toBe(2_500);
  expect(readers.booleanParam('yes')).toBe(true);
  expect(readers.booleanParam('no')).toBe(false);
  expect(readers.sizeParam('size')).toBe(65_536);
  expect(readers.durationParam('duration')).toBe(90_000);
  expect(readers.jsonParam<{ a: number[] }>('json').a).toEqual([1]);
  expect(readers.stringArrayParam('strings')).toEqual(['a', 'b']);
  expect(readers.numberArrayParam('numbers')).toEqual([1, 2.5]);
  expect(readers.sizeArrayParam('sizes')).toEqual([1_000, 1_024]);
  expect(readers.durationArrayParam('durations')).toEqual([1_000, 2]);
  expect([readers.isParamSet('int'), readers.isParamSet('toString')]).toEqual([true, false]);
});

describe('an error names the parameter and what it must be', () => {
  test.each([
    [() => readers.stringParam('missing'), 'parameter "missing" is not set'],
    [() => readers.stringParam('toString'), 'parameter "toString" is not set'],
    [() => readers.intParam('text'), 'parameter "text" must be an integer, not "words"'],
    [() => readers.intParam('float'), 'parameter "float" must be an integer, not "2.5e3"'],
    [() => readers.intParam('big'), 'parameter "big" must be an integer, not "9007199254740993"'],
    [() => readers.floatParam('empty'), 'parameter "empty" must be a number, not ""'],
    [() => readers.booleanParam('int'), 'parameter "int" must be true or false, not "42"'],
    [() => readers.sizeParam('text'), 'parameter "text" must be a size such as 64KiB, not "words"'],
    [() => readers.durationParam('int'), 'parameter "int" must be a duration such as 90s, not "42"'],
    [() => readers.jsonParam('text'), 'parameter "text" must be JSON, not "words"'],
    [
      () => readers.stringArrayParam('numbers'),
      'parameter "numbers" must be a JSON array of strings, not "[1,2.5]"',
    ],
    [
      () => readers.numberArrayParam('json'),
      'parameter "json" must be a JSON array of numbers, not "{\\"a\\":[1]}"',
    ],
  ])('%#', (read, message) => {
    expect(read).toThrow(message);
  });
});
