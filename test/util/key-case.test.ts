import { expect, test } from 'vitest';
import { toCamelCase, toSnakeCase } from '../../src/util/key-case.ts';

const data = new Set(['params', 'build.config']);

test('rewrites keys at every depth, and leaves the names in data as they are', () => {
  const camel = {
    runId: 1,
    groups: [{ linkSdk: null, params: { someName: 1, other_name: 2 }, build: { config: { aB: 1 } } }],
    config: { stallAfterMs: 1 },
  };
  const snake = {
    run_id: 1,
    groups: [{ link_sdk: null, params: { someName: 1, other_name: 2 }, build: { config: { aB: 1 } } }],
    config: { stall_after_ms: 1 },
  };
  expect(toSnakeCase(camel, data)).toEqual(snake);
  expect(toCamelCase(snake, data)).toEqual(camel);
});

test('leaves camelCase keys as they are, because records of earlier versions have them', () => {
  const camel = { stallAfterMs: 1, spec: { testCase: 't' } };
  expect(toCamelCase(camel, data)).toEqual(camel);
});
