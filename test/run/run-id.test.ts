import { expect, test } from 'vitest';
import { newRunId } from '../../src/run/run-id.ts';

test('run IDs sort in the order in which they were created, even within a millisecond', () => {
  const ids = Array.from({ length: 2000 }, () => newRunId());
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[0-9a-v]{20}$/.test(id))).toEqual([]);
  expect(ids.toSorted()).toEqual(ids);
});
