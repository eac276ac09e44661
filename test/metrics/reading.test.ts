import { writeFile } from 'node:fs/promises';
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
import { folderWith, tempDir } from '../support/temp.ts';
import { anySample } from './samples.ts';

describe('a line of results.out', () => {
  test('has its name, its tags, and its time to the nanosecond', () => {
    const line =
      '{"ts":1795626995657586319,"type":"point","name":"t,place=here,of=me","measures":{"value":20}}';
    expect(readSdkLine(line, 'results')).toEqual({
      ...{ ns: 1_795_626_995_657_586_319n, source: 'results', type: 'point', name: 't' },
      ...{ tags: 'place=here,of=me', measures: { value: 20 } },
    });
  });

  test.each([
    ['cut off', '{"ts":17956269956,"type":"poi'],
    ['no object', '7'],
    ['no metric', '{"ts":1,"msg":"hello"}'],
    ['no time', '{"type":"point","name":"t","measures":{"value":20}}'],
    ['null', 'null'],
  ])('%s is none', (_, line) => {
    expect(readSdkLine(line, 'results')).toBeUndefined();
  });

  test('what is no number is no measure; a type that nobody knows is a field', () => {
    const line = '{"ts":1,"type":"odd","name":"t","measures":{"a":1,"b":"x","c":null}}';
    expect(readSdkLine(line, 'results')).toMatchObject({ type: 'pushed', measures: { a: 1 } });
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
  ])('%s', (line, metric) => {
    expect(readPushedLine(line, 'p-c')).toMatchObject({ ns: 12n, ...metric });
  });

  test.each(['', '# a comment', 'm v="text" 12', 'm v=1', 'm', 'm v= 12'])('%j is none', (line) => {
    expect(readPushedLine(line, 'p-c')).toBeUndefined();
  });
});

test('property: what is exported as line protocol is read again', () => {
  const run = { runId: 'r', plan: 'p', testCase: 'c' };
  fc.assert(
    fc.property(anySample, (its) => {
      const line = toInflux(its, run).trimEnd();
      expect(readPoint(line)).toBeDefined();
      const back = readPushedLine(line, 'p-c');
      const tags = [its.tags, `instance=${its.instance}`].filter((text) => text !== '').join(',');
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

  test('of a file that is not there are none', async () => {
    for await (const _ of lineBatches('/does/not/exist')) expect.unreachable();
  });

  test('of large files and small ones, with a last line that is torn', async () => {
    expect(await all('a\nb\nc')).toEqual(['a', 'b', 'c']);
    const many = Array.from({ length: 200_000 }, (_, index) => `line ${index} é`);
    expect(await all(`${many.join('\n')}\n`)).toEqual(many);
    expect(await all(many.join('\n'))).toEqual(many);
  });

  test('a line that is longer than any metric takes no memory, and hides no other', async () => {
    const long = 'x'.repeat(5_000_000);
    expect(await all(`before\n${long}\nafter\n${long}`)).toEqual(['before', 'after']);
  });
});

test('what the Go SDK writes into results.out and to an InfluxDB comes once', async () => {
  const point = (value: number) =>
    `{"ts":${value},"type":"point","name":"t","measures":{"value":${value}}}\n`;
  const dir = await folderWith({
    'single/0/results.out': point(1) + point(2),
    'single/0/metrics.lp':
      'results.p-c.t.point value=1 1\nresults.p-c.t.point value=2 2\ndiagnostics.p-c.d.point value=3 3\nown v=4 4\n',
    // The Rust crate pushes, and writes no files.
    'other/7/metrics.lp': 'results.p-c.t.point value=5 5\n',
    'other/note.txt': 'not an instance',
  });
  const samples: Sample[] = [];
  for await (const some of readMetrics(dir, 'p-c')) samples.push(...some);
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
