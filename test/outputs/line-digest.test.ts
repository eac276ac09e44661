import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BytesDigest, type LineDigest, TimelessDigest } from '../../src/outputs/line-digest.ts';

/** The digest of a line that arrives in pieces, some of which may be empty. */
function digestOf(line: string, cuts: readonly number[], digest: LineDigest = new TimelessDigest()): string {
  const bytes = Buffer.from(line);
  const ends = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    digest.add(bytes.subarray(from, end));
    from = end;
  }
  return digest.digest();
}

const text = fc.string({
  unit: fc.constantFrom('t', 's', '"', '\\', '{', '}', ':', ',', '1', 'é'),
  maxLength: 4,
});
const value = fc.oneof(
  ...[text, fc.nat(9), fc.constantFrom('ts', '"ts":1', [], {}, null, true)],
  fc.record({ ts: fc.nat(9) }),
  fc.array(fc.nat(9), { maxLength: 2 }),
);
const member = fc
  .tuple(
    text.filter((key) => key !== 'ts'),
    value,
  )
  .map(([key, its]) => `${JSON.stringify(key)}:${JSON.stringify(its)}`);
const members = fc.array(member, { maxLength: 2 });
const space = fc.constantFrom('', ' ', '  ');
const time = fc.constantFrom('0', '7', '-1', '1.5', '2e9', '3E-5', '1e+2', '1700000000000000000');
const cuts = fc.array(fc.nat(99), { maxLength: 3 });

/** An event with its time anywhere: what it has around the time, and a function of the time. */
const event = fc.tuple(members, members, space, space, space).map(([before, after, a, b, c]) => {
  const at = (its: string) => `{${[...before, `"ts"${a}:${b}${its}${c}`, ...after].join(',')}}`;
  return { rest: at(''), at };
});

test('property: the digests of two events are equal if they differ at most in their times', () => {
  fc.assert(
    fc.property(event, time, time, cuts, cuts, ({ at }, one, other, ...[some, more]) => {
      expect(digestOf(at(one), some)).toBe(digestOf(at(other), more));
    }),
    { numRuns: 1_000 },
  );
});

test('property: the digests of two events differ if anything else differs', () => {
  fc.assert(
    fc.property(event, event, time, cuts, (one, other, its, some) => {
      fc.pre(one.rest !== other.rest);
      expect(digestOf(one.at(its), some)).not.toBe(digestOf(other.at(its), some));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['no beginning brace', 'x{"ts":1}', 'x{"ts":2}'],
  ['a list around it', '[{"ts":1}]', '[{"ts":2}]'],
  ['a list as its time', '{"ts":[1]}', '{"ts":[2]}'],
  ['a text as its time', '{"ts":"1"}', '{"ts":"2"}'],
  ['an object as its time', '{"ts":{"a":1}}', '{"ts":{"a":2}}'],
  ['two numbers as its time', '{"ts":1 2}', '{"ts":1 3}'],
  ['a time of a word and a number', '{"ts":x1}', '{"ts":x2}'],
  ['the time as a value', '{"a":"ts","b":1}', '{"a":"ts","b":2}'],
  ['a key that begins like that of the time', '{"tsx":1}', '{"tsx":2}'],
  ['a key that ends like that of the time', '{"x\\"ts":1}', '{"x\\"ts":2}'],
  ['no end', '{"ts":1', '{"ts":2'],
  ['more after its end', '{"ts":1}{', '{"ts":2}{'],
  ['nothing but an event without its time', '{"ts":1}', '{"ts":}'],
])('the digests of two lines differ if they have %s', (_, one, other) => {
  expect(digestOf(one, [])).not.toBe(digestOf(other, []));
});

test.each([' ', '\r', ' \r'])('an event may end with %j', (end) => {
  expect(digestOf(`{"ts":1}${end}`, [])).toBe(digestOf(`{"ts":2}${end}`, []));
});

test('a digest of bytes is the same in any pieces, and another one for other bytes', () => {
  const digest = (line: string, some: readonly number[]) => digestOf(line, some, new BytesDigest());
  expect(digest('{"ts":1}', [1, 1, 5])).toBe(digest('{"ts":1}', []));
  expect(digest('{"ts":1}', [])).not.toBe(digest('{"ts":2}', []));
});
