import { expect, test } from 'vitest';
import { didYouMean, suggestions } from '../../src/util/suggest.ts';

test('suggests the nearest names first and leaves out distant ones', () => {
  expect(suggestions('snyc', ['output', 'sync', 'stall', 'metrics'])).toEqual(['sync']);
  expect(suggestions('ping', ['ping-pong', 'network', 'pong'])).toEqual(['pong', 'ping-pong']);
  expect(suggestions('x', ['output'])).toEqual([]);
  expect(suggestions('enabled', ['name'])).toEqual([]);
});

test('a hint lists all names if none is near', () => {
  expect(didYouMean('zzzz', ['output', 'sync'], 'test case')).toBe('Known: output, sync.');
  expect(didYouMean('zzzz', [], 'test case')).toBe('There is no test case.');
});
