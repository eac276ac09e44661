import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readSeries } from '../../../src/history/series.ts';
import { homeOf } from '../../../src/os/home.ts';
import type { RunSpec } from '../../../src/plan/run-spec.ts';
import type { SeriesRun } from '../../../src/run/series/run-series.ts';
import { SeriesLog } from '../../../src/run/series/series-log.ts';
import { seriesFile } from '../../../src/run/series/series-record.ts';
import { tempDir } from '../../support/temp.ts';

const id = 's00d24g935sbd40cff63b';

function specOf(point: RunSpec['point'], runId: string): RunSpec {
  const name = ['default', ...Object.entries(point).map(([key, value]) => `${key}=${value}`)].join('-');
  const spec = { runId, name, of: 'default', point, labels: ['nightly'], series: { id, round: 1 } };
  const more = { testCase: 't', seed: '7', totalInstances: 2, groups: [], config: {}, notes: [] };
  return { ...spec, ...more, plan: { name: 'p' } } as unknown as RunSpec;
}

function runOf(spec: RunSpec, round: number, outcome: 'success' | 'failure'): SeriesRun {
  const verdict = { causes: [], groups: [], error: null, stopped: null, thresholds: [] };
  const result = { ...verdict, outcome, duration_ms: 1_500 };
  return { spec, round, begun: true, outcome, error: '', result, ended: undefined } as unknown as SeriesRun;
}

async function someHome() {
  return homeOf({ TESTGROUND_HOME: await tempDir() });
}

const [first, second] = [
  specOf({ n: '1' }, '00d24aaaaaaaaaaaaaaa'),
  specOf({ n: '2' }, '00d24bbbbbbbbbbbbbbb'),
];
const never = new AbortController().signal;

test('a series is read back as it was recorded, also while it goes on', async () => {
  const home = await someHome();
  const file = seriesFile(home, id);
  {
    using log = new SeriesLog(home, [first, second], { rounds: 2, warn: expect.unreachable });
    expect(readSeries(file)).toMatchObject({
      id,
      plan: 'p',
      case: 't',
      labels: ['nightly'],
      rounds: 2,
      runs: 2,
    });
    await log.add(runOf(first, 1, 'success'), never);
    await log.add(runOf(second, 1, 'failure'), never);
    expect(readSeries(file)?.ended).toBeUndefined();
    log.end(true);
  }
  const read = readSeries(file);
  expect(read?.axes).toEqual([{ name: 'n', values: ['1', '2'] }]);
  expect(read?.ended).toMatchObject({ cut_short: true });
  expect(read?.entries).toMatchObject([
    { run_id: first.runId, point: { n: '1' }, round: 1, outcome: 'success', took_ms: 1_500, metrics: [] },
    { run_id: second.runId, point: { n: '2' }, round: 1, outcome: 'failure', seed: '7', instances: 2 },
  ]);
});

test('what was torn or is not understood is left out, and the rest is read', async () => {
  const home = await someHome();
  const file = seriesFile(home, id);
  using log = new SeriesLog(home, [first], { rounds: undefined, warn: expect.unreachable });
  await log.add(runOf(first, 1, 'success'), never);
  appendFileSync(file, '{"type":"of a later version"}\nnull\n{"type":"run","at":"2026-11-');
  expect(readSeries(file)?.entries).toHaveLength(1);
  expect(readSeries(file)?.rounds).toBeNull();
});

test('the record of another series, and a file that holds none, are not read', async () => {
  const home = await someHome();
  const file = seriesFile(home, id);
  mkdirSync(dirname(file), { recursive: true });
  using _ = new SeriesLog(home, [first], { rounds: 1, warn: expect.unreachable });
  const copy = seriesFile(home, id.replace('s0', 's1'));
  writeFileSync(copy, readFileSync(file));
  expect(readSeries(copy)).toBeUndefined();
  writeFileSync(copy, 'nothing');
  expect(readSeries(copy)).toBeUndefined();
  expect(readSeries(join(home.series, 'missing'))).toBeUndefined();
});

test('a record that cannot be written is reported once, and the series goes on', async () => {
  const home = await someHome();
  mkdirSync(dirname(home.series), { recursive: true });
  writeFileSync(home.series, 'in the way');
  const warnings: string[] = [];
  using log = new SeriesLog(home, [first], { rounds: 1, warn: (text) => warnings.push(text) });
  await log.add(runOf(first, 1, 'success'), never);
  log.end(false);
  expect(warnings).toEqual([expect.stringMatching(/^the series is not recorded: E/)]);
});
