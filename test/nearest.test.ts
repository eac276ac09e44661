import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../src/nearest.ts';

test('the nearest names come first; what is far is left out', () => {
  expect(nearest('snyc', ['output', 'sync', 'stall', 'metrics'])).toEqual(['sync']);
  expect(nearest('ping', ['ping-pong', 'network', 'pong'])).toEqual(['pong', 'ping-pong']);
  expect(nearest('x', ['output'])).toEqual([]);
  expect(nearest('enabled', ['name'])).toEqual([]);
});

test('a hint names all where none is near', () => {
  expect(didYouMean('zzzz', ['output', 'sync'], 'test case')).toBe('Known: output, sync.');
  expect(didYouMean('zzzz', [], 'test case')).toBe('There is no test case to choose from.');
});
