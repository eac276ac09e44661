import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unshaped } from '../../../src/network/shape.ts';
import { dropped, type Path } from '../../../src/network/topology/path.ts';
import { labelsOf } from '../../../src/network/topology/side.ts';
import { type Member, waysBetween } from '../../../src/network/topology/ways.ts';
import { PathTable } from '../../../src/network/user/path-table.ts';

const shape = (more: object) => ({ ...unshaped, ...more });

function member(group: string, index: number, more: Partial<Member> = {}): Member {
  const instance = { group, index };
  return { instance, labels: labelsOf(instance), address: index, link: undefined, nat: undefined, ...more };
}

const from = (sender: string, to: string, effect: Path['effect']): Path => ({
  from: { label: sender },
  to: { label: to },
  effect,
});

/** Two sides without NATs. */
const open = { from: 'a', to: 'b', fromNat: undefined, toNat: undefined, calls: 'each' };

test('adds up latencies, takes the lowest rate, and multiplies what gets through', () => {
  const link = {
    up: shape({ latency: 5, loss: 0.5, bandwidth: 1e6 }),
    down: shape({ latency: 1, jitter: 1 }),
  };
  const path = from('a', 'b', { latency: 10, jitter: 2, loss: 0.5, bandwidth: 1e5 });
  expect(waysBetween([member('a', 0, { link }), member('b', 0, { link })], [path])).toEqual([
    {
      ...open,
      there: { latency: 16, jitter: 3, rate: 1e5, loss: 0.75 },
      back: { latency: 6, jitter: 1, rate: 1e6, loss: 0.5 },
    },
  ]);
});

test('of paths that fit, the last one that has a setting counts', () => {
  const paths = [
    from('all', 'all', { latency: 10, jitter: 1 }),
    from('a', 'b', { loss: 0.5 }),
    from('b', 'a', { latency: 20 }),
    from('all', 'b', { loss: 0 }),
  ];
  expect(waysBetween([member('a', 0), member('b', 0)], paths)).toEqual([
    {
      ...open,
      there: { latency: 10, jitter: 1, rate: undefined, loss: 0 },
      back: { latency: 20, jitter: 1, rate: undefined, loss: 0 },
    },
  ]);
});

test('puts instances together that are alike, and lists those that differ', () => {
  const members = [0, 1, 2].map((index) => member('a', index));
  const ways = waysBetween([...members, member('b', 0)], [from('a[1]', 'b', dropped)]);
  expect(
    ways.map(({ from: one, to, there, back }) => [one, to, there !== undefined, back !== undefined]),
  ).toEqual([
    ['a[0,2]', 'a[0,2]', true, true],
    ['a[0,2]', 'a[1]', true, true],
    ['a[0,2]', 'b', true, true],
    ['a[1]', 'b', false, true],
  ]);
});

test('property: the switch has the same between two ports as was declared', () => {
  const names = ['all', 'a', 'b', 'a[0]', 'b[1]'];
  const side = fc.oneof(
    fc.constantFrom(...names).map((label) => ({ label })),
    fc.nat({ max: 3 }).map((last) => ({ range: { address: `0.0.0.${last}`, prefix: 31 } })),
  );
  const effect = fc.oneof(
    fc.constant<Path['effect']>(dropped),
    fc.integer({ min: 1, max: 9 }).map((latency) => ({ latency })),
    fc.integer({ min: 1, max: 9 }).map((jitter) => ({ jitter })),
  );
  const paths = fc.array(fc.record({ from: side, to: side, effect }), { maxLength: 6 });
  const members = ['a', 'b'].flatMap((group) => [0, 1].map((index) => member(group, index)));
  fc.assert(
    fc.property(
      paths,
      fc.constantFrom(...members),
      fc.constantFrom(...members),
      (declared, sender, receiver) => {
        fc.pre(sender !== receiver);
        const table = new PathTable(declared.map((path) => ({ ...path, seed: [1, 2, 3, 4] })));
        const [one, other] = [sender, receiver].map(({ labels, address }) => table.classOf(labels, address));
        const between = table.between(one ?? 0, other ?? 0);
        const way = waysBetween([sender, receiver], declared)[0];
        const { latency, jitter } = between === dropped ? unshaped : between.shape;
        expect([between === dropped, latency, jitter]).toEqual([
          way?.there === undefined,
          way?.there?.latency ?? 0,
          way?.there?.jitter ?? 0,
        ]);
      },
    ),
  );
});
