import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instanceFilter } from '../../src/report/page/timeline/instance-filter.ts';

const found = (text: string) => {
  const matches = instanceFilter(text);
  const all = ['servers', 'clients'].flatMap((group) =>
    Array.from({ length: 12 }, (_, index) => ({ group, index })),
  );
  return all.flatMap(({ group, index }) => (matches(group, index) ? [`${group}[${index}]`] : []));
};

test('finds instances by number, range, list and group, and all of them without a filter', () => {
  expect(found('servers[3]')).toEqual(['servers[3]']);
  expect(found('clients[010]')).toEqual(['clients[10]']);
  expect(found('[9-10]')).toEqual(['servers[9]', 'servers[10]', 'clients[9]', 'clients[10]']);
  expect(found('servers[0-1,11] CLIENTS[2]')).toEqual([
    'servers[0]',
    'servers[1]',
    'servers[11]',
    'clients[2]',
  ]);
  expect(found('serv')).toHaveLength(12);
  expect(found(' ')).toHaveLength(24);
  expect(found('nothing')).toEqual([]);
});

test('property: a range in brackets finds exactly its instances, and no text is an error', () => {
  fc.assert(
    fc.property(fc.nat(11), fc.nat(11), (first, last) => {
      const indexes = Array.from({ length: 12 }, (_, index) => index);
      const wanted = indexes.filter((index) => first <= index && index <= last);
      expect(found(`servers[${first}-${last}]`)).toEqual(wanted.map((index) => `servers[${index}]`));
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void found(text)));
});
