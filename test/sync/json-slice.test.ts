import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceJson } from '../../src/sync/server/websocket/json-slice.ts';

test('returns a value exactly as it was written', () => {
  const json =
    '{"id":"1", "publish" : {"topic":"t","payload": {"b":1.50,"a":[12345678901234567890,"<&>"]} } }';
  expect(sliceJson(json, ['publish', 'payload'])).toBe('{"b":1.50,"a":[12345678901234567890,"<&>"]}');
});

test('ignores what looks like the key inside a string', () => {
  const json = String.raw`{"x":"\"publish\":{\"payload\":1}","publish":{"a":"}","payload":"\\"}}`;
  expect(sliceJson(json, ['publish', 'payload'])).toBe(String.raw`"\\"`);
});

test('finds a member wherever it stands between others', () => {
  const json = '{"a":{"b":1},"c":[{"b":2}],"d":{"b":3,"e":{}},"f":4}';
  const paths = [['a', 'b'], ['c'], ['d', 'b'], ['d', 'e'], ['f']];
  expect(paths.map((path) => sliceJson(json, path))).toEqual(['1', '[{"b":2}]', '3', '{}', '4']);
});

test('takes the last of two equal keys, like JSON.parse', () => {
  expect(sliceJson('{"a":1,"a":2}', ['a'])).toBe('2');
});

test('returns undefined if the key is missing', () => {
  expect(sliceJson('{"publish":{}}', ['publish', 'payload'])).toBeUndefined();
  expect(sliceJson('[1]', ['publish'])).toBeUndefined();
});

test('property: the slice parses to the value that JSON.parse finds there', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(4), (payload, other, indent) => {
      const json = JSON.stringify(
        { other, publish: { 'pay"load': other, payload, last: other }, last: other },
        null,
        indent,
      );
      const slice = sliceJson(json, ['publish', 'payload']);
      expect(JSON.parse(slice ?? '')).toEqual(JSON.parse(JSON.stringify(payload)));
    }),
  );
});
