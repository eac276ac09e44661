import { expect, test } from 'vitest';
import { lineShape } from '../../../src/history/rounds/line-shape.ts';

test.each([
  ['took 12.5ms for 3 peers', 'took 99ms for 14 peers'],
  ['2026-01-31T12:00:00.123Z dial', '2027-11-01T02:10:59Z dial'],
  ['12:00:01 dial', '13:59:59.999 dial'],
  ['dial tcp 10.0.0.1:4001: refused', 'dial tcp 127.1.2.3:9: refused'],
  [
    'peer 12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp left',
    'peer 12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq left',
  ],
  ['run 00d24gce2te1p2etpi5b', 'run 00d24gceev7kuvcft12a'],
  ['object 0xdeadbeef', 'object 0x1234'],
])('%j and %j have one shape', (one, other) => {
  expect(lineShape(one)).toBe(lineShape(other));
});

test.each([
  ['connected', 'disconnected'],
  ['exit status 1', 'exit status 2'],
  ['stage dial', 'stage meet'],
])('%j and %j have different shapes', (one, other) => {
  expect(lineShape(one)).not.toBe(lineShape(other));
});

test('only the beginning of a long line counts', () => {
  expect(lineShape('x '.repeat(10_000)).length).toBeLessThan(400);
});
