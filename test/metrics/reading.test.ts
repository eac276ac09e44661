import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPoint } from '../../src/influx/point.ts';
import { toInflux } from '../../src/metrics/export/influx.ts';
import { lineBatches } from '../../src/metrics/line-batches.ts';
import { readPushedLine } from '../../src/metrics/pushed-line.ts';
import { readMetrics } from '../../src/metrics/read-run.ts';
import type { Sample } from '../../src/metrics/sample.ts';
import { readSdkLine } from '../../src/metrics/sdk-line.ts';
import { splitTags } from '../../src/metrics/tags.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { anySample } from './samples.ts';

describe('a line of results.out', () => {
  test('is read with name, tags, and time to the nanosecond', () => {
    const line =
      '{"ts":1795626995657586319,"type":"point","name":"t,place=here,of=me","measures":{"value":20}}';
    expect(readSdkLine(line, 'results')).toEqual({
      metric: {
        ...{ ns: 1_795_626_995_657_586_319n, source: 'results', type: 'point', name: 't' },
        ...{ tags: 'of=me,place=here', measures: { value: 20 } },
      },
      isWhole: true,
    });
  });

  test.each([
    ['truncated', '{"ts":17956269956,"type":"poi'],
    ['a number', '7'],
    ['an object without a metric', '{"ts":1,"msg":"hello"}'],
    ['a metric without a time', '{"type":"point","name":"t","measures":{"value":20}}'],
    ['null', 'null'],
    [
      'a time beyond 64 bits',
      '{"ts":99999999999999999999,"type":"point","name":"t","measures":{"value":20}}',
    ],
  ])('is no metric: %s', (_, line) => {
    expect(readSdkLine(line, 'results')).toEqual({ metric: undefined, isWhole: false });
  });

  test('loses measures that are not numbers; an unknown type is read as pushed', () => {
    const line = '{"ts":1,"type":"odd","name":"t","measures":{"a":1,"b":"x","c":null}}';
    expect(readSdkLine(line, 'results')).toMatchObject({
      metric: { type: 'pushed', measures: { a: 1 } },
      isWhole: false,
    });
    // JSON.stringify turns NaN into null.
    const nothing = '{"ts":1,"type":"point","name":"t","measures":{"value":null}}';
    expect(readSdkLine(nothing, 'results')).toEqual({ metric: undefined, isWhole: false, name: 't' });
  });
});

describe('a line of metrics.lp', () => {
  test.each([
    [
      'results.p-c.latency.timer,group_id=g,run=r,kind=a\\ b count=3i,p95=1.5e3 12',
      {
        source: 'results',
        type: 'timer',
        name: 'latency',
        tags: 'kind=a b',
        measures: { count: 3, p95: 1500 },
      },
    ],
    [
      'diagnostics.p-c.process.rss.gauge value=1 12',
      { source: 'diagnostics', type: 'gauge', name: 'process.rss', tags: '' },
    ],
    [
      'results.other-c.latency.timer count=3i 12',
      { source: 'pushed', name: 'results.other-c.latency.timer' },
    ],
    [
      'my\\,own v=-.5,w=7u,s="a b=1,c",ok=true 12',
      { source: 'pushed', type: 'pushed', name: 'my,own', measures: { v: -0.5, w: 7 } },
    ],
  ])('is read: %s', (line, metric) => {
    expect(readPushedLine(line, 'p-c')).toMatchObject({ metric: { ns: 12n, ...metric }, isWhole: true });
  });

  test.each(['', '# a comment', 'm v=1', 'm', 'm v= 12', `m v=1 ${2n ** 63n}`])(
    'is no metric: %j',
    (line) => {
      expect(readPushedLine(line, 'p-c')).toEqual({ metric: undefined, isWhole: false });
    },
  );

  test('yields no metric if all its fields are strings or booleans', () => {
    expect(readPushedLine('m v="text",w=true 12', 'p-c')).toEqual({ metric: undefined, isWhole: true });
  });

  test('keeps an escaped comma in the value of a tag', () => {
    const { metric } = readPushedLine('m,k=a\\,b\\=c,l=d v=1 12', 'p-c');
    expect([metric?.tags, splitTags(metric?.tags ?? '')]).toEqual([
      'k=a\\,b=c,l=d',
      [
        ['k', 'a,b=c'],
        ['l', 'd'],
      ],
    ]);
  });
});

test('property: reads back what was exported as line protocol', () => {
  const run = { runId: 'r', plan: 'p', testCase: 'c' };
  fc.assert(
    fc.property(anySample, (its) => {
      const line = toInflux(its, run).trimEnd();
      expect(readPoint(line)).toBeDefined();
      const { metric: back } = readPushedLine(line, 'p-c');
      const all = [...its.tags.split(','), `instance=${its.instance}`].filter((text) => text !== '');
      const tags = all.sort().join(',');
      const type = its.source === 'pushed' ? 'pushed' : its.type;
      const { group: _, instance: __, ...metric } = its;
      expect(back).toEqual({ ...metric, tags, type });
    }),
  );
});

describe('lines in batches', () => {
  const all = async (text: string) => {
    const file = join(await tempDir(), 'lines');
    await writeFile(file, text);
    const lines: string[] = [];
    for await (const some of lineBatches(file)) lines.push(...some);
    return lines;
  };

  test('has none for a missing file', async () => {
    for await (const _ of lineBatches('/does/not/exist')) expect.unreachable();
  });

  test('reads small and large files, also if the last line is unterminated', async () => {
    expect(await all('a\nb\nc')).toEqual(['a', 'b', 'c']);
    const many = Array.from({ length: 200_000 }, (_, index) => `line ${index} é`);
    expect(await all(`${many.join('\n')}\n`)).toEqual(many);
    expect(await all(many.join('\n'))).toEqual(many);
  });

  test('skips a line that is longer than any metric, and reads the lines around it', async () => {
    const long = 'x'.repeat(5_000_000);
    expect(await all(`before\n${long}\nafter\n${long}`)).toEqual(['before', 'after']);
  });
});

test('reads a metric once that the Go SDK writes to both results.out and InfluxDB', async () => {
  const point = (value: number) =>
    `{"ts":${value},"type":"point","name":"t","measures":{"value":${value}}}\n`;
  const dir = await folderWith({
    'single/0/results.out': point(1) + point(2),
    'single/0/metrics.lp':
      'results.p-c.t.point value=1 1\nresults.p-c.t.point value=2 2\ndiagnostics.p-c.d.point value=3 3\nown v=4 4\n',
    // The Rust crate pushes metrics and writes no files.
    'other/7/metrics.lp': 'results.p-c.t.point value=5 5\n',
    'other/note.txt': 'not an instance',
  });
  const samples: Sample[] = [];
  for await (const some of readMetrics(dir, { plan: 'p-c', onUnread: expect.unreachable }))
    samples.push(...some);
  const said = samples.map(
    ({ group, instance, source, name, ns }) => `${group} ${instance} ${source} ${name} ${ns}`,
  );
  expect(said.sort()).toEqual([
    'other 7 results t 5',
    'single 0 diagnostics d 3',
    'single 0 pushed own 4',
    'single 0 results t 1',
    'single 0 results t 2',
  ]);
});

test('reports unreadable lines and files, and reads everything else', async () => {
  const point = '{"ts":1,"type":"point","name":"t","measures":{"value":1}}\n';
  const dir = await folderWith({
    'a/0/results.out': `${point}{"ts":1,"type":"poi\n${point}no metric`,
    'a/1/metrics.lp': 'm v="one\ntwo v=5 7\nthree",w=1 12\nm w=2 13\nm v="never closed 14\nm w=3 15\n',
    'a/2/diagnostics.out/file': 'a folder where a file should be',
    'a/4/results.out': point,
  });
  await mkdir(join(dir, 'a', '3'));
  await symlink('results.out', join(dir, 'a', '3', 'results.out'));
  const reported: string[] = [];
  const samples: Sample[] = [];
  const reading = { plan: 'p-c', onUnread: (problem: string) => reported.push(problem) };
  for await (const some of readMetrics(dir, reading)) samples.push(...some);
  const said = samples.map(
    ({ instance, name, measures }) => `${instance} ${name} ${JSON.stringify(measures)}`,
  );
  expect(said.sort()).toEqual([
    '0 t {"value":1}',
    '0 t {"value":1}',
    '1 m {"w":1}',
    '1 m {"w":2}',
    '1 m {"w":3}',
    '4 t {"value":1}',
  ]);
  expect(reported.sort()).toEqual([
    '1 line of a/1/metrics.lp is not a valid metric',
    '2 lines of a/0/results.out are not valid metrics',
    'a/2/diagnostics.out cannot be read: it is a folder, not a file',
    'a/3/results.out cannot be read: it is a link, not a file',
  ]);
});

test('reports the same mistake in many instances once', async () => {
  const dir = await folderWith(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `a/${index}/results.out`,
        `x\n{"ts":1,"type":"point","name":"m${index}","measures":{"value":"NaN"}}\n`,
      ]),
    ),
  );
  const reported: string[] = [];
  for await (const _ of readMetrics(dir, { plan: 'p-c', onUnread: (problem) => reported.push(problem) }));
  expect(reported).toEqual([
    expect.stringMatching(/^40 lines of 20 files, such as a\/\d+\/results.out, are not valid metrics/),
  ]);
});

test('stops reading when its signal aborts, and lets other tasks run', async () => {
  const dir = await folderWith(
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`a/${index}/results.out`, 'x\n'])),
  );
  const ending = new AbortController();
  setImmediate(() => ending.abort(new Error('it is to end')));
  const read = async () => {
    for await (const _ of readMetrics(dir, { plan: 'p-c', onUnread: () => {}, signal: ending.signal }));
  };
  await expect(read()).rejects.toThrow('it is to end');
});
