import { expect, test } from 'vitest';
import { type Declaration, pathsIn } from '../../../src/network/topology/compile.ts';
import { dropped, type Path } from '../../../src/network/topology/path.ts';

const members = ['all', 'a', 'b', 'a[0]'];

function declared({ table = {}, paths = [] }: { table?: Partial<Declaration['table']>; paths?: string[] }) {
  const whole = { regions: {}, rtt: {}, partitions: [], ...table };
  return pathsIn({ table: whole, paths, isMember: (name) => members.includes(name) });
}

/** A path as text: `a>b 20` for 20 ms, `a>b drop`. */
function textOf({ from, to, effect }: Path): string {
  const [sender, receiver] = [from, to].map((side) =>
    'range' in side
      ? `${side.range.address}/${side.range.prefix}`
      : 'label' in side
        ? side.label
        : side.anyOf.join(','),
  );
  return `${sender}>${receiver} ${effect === dropped ? effect : effect.latency}`;
}

const regions = { eu: ['a'], us: ['b', 'a[0]'] };

test.each<[string, Parameters<typeof declared>[0], string[]]>([
  [
    'half of a round trip each way',
    { table: { regions, rtt: { eu: { us: '80ms' } } } },
    ['eu>us 40', 'us>eu 40'],
  ],
  ['a round trip within a region once', { table: { regions, rtt: { eu: { eu: '2ms' } } } }, ['eu>eu 1']],
  ['a path one way', { paths: ['a > b: latency=5ms'] }, ['a>b 5']],
  ['a path both ways', { paths: ['a<>a[0]:drop'] }, ['a>a[0] drop', 'a[0]>a drop']],
  ['a path within a group once', { paths: ['a<>a:latency=5ms'] }, ['a>a 5']],
  ['subnets', { paths: ['16.0.0.0/24>16.0.1.1:latency=5ms'] }, ['16.0.0.0/24>16.0.1.1/32 5']],
  [
    'partitions between each two, after everything else',
    { table: { regions, partitions: [['eu', 'us', 'b']] }, paths: ['all>a:latency=5ms'] },
    ['all>a 5', 'eu>us drop', 'eu>b drop', 'us>eu drop', 'us>b drop', 'b>eu drop', 'b>us drop'],
  ],
])('compiles %s', (_, declaration, expected) => {
  const compiled = declared(declaration);
  expect('paths' in compiled ? compiled.paths.map(textOf) : compiled).toEqual(expected);
});

test('a path has only the settings that are given', () => {
  const compiled = declared({ paths: ['a>b:loss=1%,bandwidth=1Mbit'] });
  expect('paths' in compiled && compiled.paths[0]?.effect).toEqual({
    loss: 0.01,
    bandwidth: 1e6,
  });
});

test.each<[Parameters<typeof declared>[0], string]>([
  [{ paths: ['a>c:drop'] }, 'no region, group or instance "c"'],
  [{ paths: ['a>16.0.0.0/33:drop'] }, 'no region, group or instance "16.0.0.0/33"'],
  [{ paths: ['a>b:fast=1'] }, 'there is no setting "fast"'],
  [{ paths: ['a-b'] }, '"a-b" is no path'],
  [{ table: { regions: { a: ['b'] } } }, 'the region a has the name of a group or an instance'],
  [{ table: { regions: { eu: ['c'] } } }, 'region eu: there is no group or instance "c"'],
  [{ table: { regions, rtt: { eu: { asia: '1ms' } } } }, 'there is no region "asia"'],
  [{ table: { regions, rtt: { eu: { us: '80' } } } }, '"80" is no round trip'],
  [{ table: { regions, rtt: { eu: { us: '-8ms' } } } }, '"-8ms" is no round trip'],
  [{ table: { regions, rtt: { eu: { us: '8ms' }, us: { eu: '8ms' } } } }, 'declared twice'],
  [{ table: { partitions: [['a', 'x']] } }, 'no region, group or instance "x"'],
])('says what is wrong: %j', (declaration, why) => {
  const compiled = declared(declaration);
  expect('problems' in compiled && compiled.problems).toEqual([expect.stringContaining(why)]);
});
