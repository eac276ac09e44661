import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Operation, violation } from '../../plans/kv/src/linearizable.ts';

/** Whether in some order of all operations, each read gives the value written last. Tries every order. */
function hasOrder(history: readonly Operation[], value: string | null = null): boolean {
  if (history.length === 0) return true;
  return history.some((first, index) => {
    const rest = history.filter((_, other) => other !== index);
    if (rest.some(({ ended }) => ended < first.began)) return false;
    if (first.kind === 'read' && first.value !== value) return false;
    return hasOrder(rest, first.kind === 'write' ? first.value : value);
  });
}

test('property: violation finds one exactly if no order of all operations fits', () => {
  const operation = fc.record({
    client: fc.nat(2),
    kind: fc.constantFrom('read' as const, 'write' as const),
    value: fc.nat(3),
    began: fc.nat(30),
    took: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 7 }), (operations) => {
      let writes = 0;
      const history = operations.map(
        ({ client, kind, value, began, took }): Operation => ({
          ...{ client, kind },
          value: kind === 'write' ? `v${++writes}` : value === 0 ? null : `v${value}`,
          ...{ began: BigInt(2 * began), ended: BigInt(2 * (began + took) + 1) },
        }),
      );
      const found = violation(history);
      expect(found === undefined).toBe(hasOrder(history));
      // The operations named contradict each other without the rest of the history.
      if (found !== undefined) expect(hasOrder(found.operations)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

describe('violation', () => {
  const at = (
    client: number,
    kind: 'read' | 'write',
    value: string | null,
    began: number,
    ended: number,
  ): Operation => ({
    ...{ client, kind, value },
    ...{ began: BigInt(began), ended: BigInt(ended) },
  });

  test.each<[string, Operation[]]>([
    ['client 1 read x, which no client has written', [at(1, 'read', 'x', 0, 1)]],
    ['client 1 read x before it was written', [at(1, 'read', 'x', 0, 1), at(2, 'write', 'x', 2, 3)]],
    [
      'a and b contradict each other: both must be current for 0.000002 ms',
      [
        at(1, 'write', 'a', 0, 1),
        at(1, 'write', 'b', 2, 3),
        at(2, 'read', 'a', 5, 6),
        at(2, 'read', 'b', 7, 8),
      ],
    ],
    [
      'b was current while a must have been',
      [at(1, 'write', 'a', 0, 1), at(2, 'write', 'b', 2, 3), at(2, 'read', 'a', 4, 5)],
    ],
    [
      'nothing was read after a had been current',
      [at(1, 'write', 'a', 0, 1), at(2, 'read', null, 2, 3), at(2, 'read', 'a', 4, 5)],
    ],
  ])('explains: %s', (text, history) => {
    expect(violation(history)?.text).toBe(text);
  });
});
