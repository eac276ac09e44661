import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unshaped } from '../../../src/network/shape.ts';
import { dropped, type Path } from '../../../src/network/topology/path.ts';
import { PathTable } from '../../../src/network/topology/path-table.ts';
import { labelsOf } from '../../../src/network/topology/side.ts';
import { type Member, waysBetween } from '../../../src/network/topology/ways.ts';
import { newStage } from '../../../src/network/user/stage.ts';
import type { NatName } from '../../../src/plan/network-table.ts';

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

const others = { corrupt: 0, duplicate: 0, reorder: 0 };

/** Two sides without NATs. */
const open = { from: 'a', to: 'b', fromNat: undefined, toNat: undefined, firstSender: 'either' };

test('adds up latencies, takes the lowest rate, and multiplies what gets through', () => {
  const link = {
    up: shape({ latency: 5, loss: 0.5, bandwidth: 1e6, corrupt: 0.5 }),
    down: shape({ latency: 1, jitter: 1 }),
  };
  const path = from('a', 'b', { latency: 10, jitter: 2, loss: 0.5, bandwidth: 1e5 });
  expect(waysBetween([member('a', 0, { link }), member('b', 0, { link })], [path])).toEqual([
    {
      ...open,
      there: { latency: 16, jitter: 3, rate: 1e5, loss: 0.75, ...others, corrupt: 0.5 },
      back: { latency: 6, jitter: 1, rate: 1e6, loss: 0.5, ...others, corrupt: 0.5 },
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
      there: { latency: 10, jitter: 1, rate: undefined, loss: 0, ...others },
      back: { latency: 20, jitter: 1, rate: undefined, loss: 0, ...others },
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

/** A member behind a NAT. */
function natted(
  group: string,
  index: number,
  kind: NatName,
  address: number,
  labels: readonly string[],
): Member {
  return member(group, index, { nat: { kind, address, labels } });
}

describe('behind NATs', () => {
  const [a0, a1, b] = [
    natted('a', 0, 'carrier-grade', 7, ['all', 'a']),
    natted('a', 1, 'carrier-grade', 7, ['all', 'a']),
    natted('b', 0, 'symmetric', 8, ['all', 'b', 'b[0]']),
  ];
  const firstOf = (members: readonly Member[], paths: readonly Path[] = []) =>
    waysBetween(members, paths).map(({ from: one, to, firstSender }) => `${one} ${to} ${firstSender}`);

  test('says who can send first, with the paths between them', () => {
    const visible = member('c', 0);
    expect(firstOf([a0, a1, visible])).toEqual(['a a either', 'a c from']);
    expect(firstOf([a0, b])).toEqual(['a b none']);
    expect(firstOf([natted('d', 0, 'restricted', 9, []), b])).toEqual(['d b both-at-once']);
    expect(firstOf([visible, member('e', 0)], [from('c', 'e', dropped)])).toEqual(['c e to']);
    expect(firstOf([b, visible], [from('b', 'c', dropped)])).toEqual(['b c none']);
  });

  test('keeps those apart that are behind two NATs of a carrier', () => {
    const other = natted('a', 1, 'carrier-grade', 9, ['all', 'a']);
    expect(firstOf([a0, other])).toEqual(['a[0] a[1] both-at-once']);
  });

  test('a path to one of several behind a NAT is none from outside, but inside', () => {
    const paths = [from('all', 'a[0]', { latency: 5 })];
    const latencies = waysBetween([a0, a1, b], paths).map((way) => [
      way.from,
      way.to,
      way.there?.latency,
      way.back?.latency,
    ]);
    expect(latencies).toEqual([
      ['a[0]', 'a[1]', 0, 5],
      ['a[0]', 'b', 0, 0],
      ['a[1]', 'b', 0, 0],
    ]);
  });
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
  const members = [
    member('a', 0),
    member('a', 1),
    natted('b', 0, 'symmetric', 3, ['all', 'b', 'b[0]']),
    natted('b', 1, 'carrier-grade', 2, ['all', 'b']),
  ];
  fc.assert(
    fc.property(
      paths,
      fc.constantFrom(...members),
      fc.constantFrom(...members),
      (declared, sender, receiver) => {
        fc.pre(sender !== receiver);
        const seeded = declared.map((path) => ({ ...path, seed: [1, 2, 3, 4] }));
        const table = new PathTable(seeded, newStage);
        // From outside, a receiver is where its NAT is.
        const target = receiver.nat ?? receiver;
        const [one, other] = [sender, target].map(({ labels, address }) => table.classOf(labels, address));
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
