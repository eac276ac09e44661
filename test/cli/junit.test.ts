import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { JunitReport } from '../../src/cli/output/reports/junit.ts';
import { ownTempFolders } from '../../src/os/temp-folder.ts';
import type { RunEvent } from '../../src/run/events/events.ts';
import type { SeriesRun } from '../../src/run/series/run-series.ts';
import { describeWith } from '../support/needs.ts';
import { tempDir } from '../support/temp.ts';

const spec = { plan: { name: 'p' }, testCase: 'c' };

function someRun(name: string, outcomes: readonly string[], causes: readonly object[] = []): SeriesRun {
  const instances = outcomes.map((outcome, index) => ({ group: 'g', index, outcome, reason: '<&>' }));
  const result = {
    ...{
      error: null,
      stopped: null,
      thresholds: [],
      causes,
      duration_ms: 1_500,
      run_id: 'id',
      started: '2020-01-01T00:00:00.5Z',
    },
    groups: [{ instances }],
  };
  return { spec: { ...spec, name }, error: '', result } as unknown as SeriesRun;
}

test('writes the counts of all runs before their suites, and leaves no temporary file', async () => {
  const file = join(await tempDir(), 'junit.xml');
  {
    await using report = await JunitReport.open(file);
    await report.add(someRun('one', ['success', 'failed']));
    await report.add({ spec: { ...spec, name: 'never' }, error: 'canceled' } as unknown as SeriesRun);
    await report.add(someRun('two', ['crashed']));
    await report.write(new AbortController().signal);
  }
  expect(
    (await readFile(file, 'utf8')).replace(/timestamp="(?!2020)[^"]*"/, 'timestamp="<now>"'),
  ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" time="3.000" name="tg">
  <testsuite name="p.c.one" tests="2" failures="1" errors="0" skipped="0" time="1.500" timestamp="2020-01-01T00:00:00" hostname="${hostname()}" id="id">
    <testcase name="g[000]" classname="p.c.one" time="0.000"/>
    <testcase name="g[001]" classname="p.c.one" time="0.000">
      <failure message="failed: &lt;&amp;>">failed: &lt;&amp;&gt;</failure>
    </testcase>
  </testsuite>
  <testsuite name="p.c.never" tests="1" failures="0" errors="0" skipped="1" time="0.000" timestamp="<now>" hostname="${hostname()}">
    <testcase name="never" classname="p.c.never" time="0.000">
      <skipped message="canceled">canceled</skipped>
    </testcase>
  </testsuite>
  <testsuite name="p.c.two" tests="1" failures="0" errors="1" skipped="0" time="1.500" timestamp="2020-01-01T00:00:00" hostname="${hostname()}" id="id">
    <testcase name="g[000]" classname="p.c.two" time="0.000">
      <error message="crashed: &lt;&amp;>">crashed: &lt;&amp;&gt;</error>
    </testcase>
  </testsuite>
</testsuites>
`);
  const left = (await readdir(tmpdir())).filter((name) =>
    join(tmpdir(), name).startsWith(ownTempFolders(tmpdir())),
  );
  expect(left.filter((name) => name.includes('junit'))).toEqual([]);
});

test('adds what the first instance of each cause printed', async () => {
  const file = join(await tempDir(), 'junit.xml');
  await using report = await JunitReport.open(file);
  const example = { group: 'g', index: 1, stack: ['at <f>', 'at g'], last_lines: ['one', '\u0007two'] };
  await report.add(someRun('one', ['success', 'failed', 'failed'], [{ example }, { example: null }]));
  await report.write(new AbortController().signal);
  const cases = (await readFile(file, 'utf8')).split('<testcase ').slice(1);
  expect(cases.filter((text) => text.includes('<system-'))).toEqual([
    expect.stringMatching(
      /^name="g\[001\]".*<system-out>one\n\\x07two<\/system-out>\s*<system-err>at &lt;f&gt;\nat g<\/system-err>/s,
    ),
  ]);
});

test('writes the time of each instance, limited to the duration of its run, and shows a negative duration as 0', async () => {
  const file = join(await tempDir(), 'junit.xml');
  await using report = await JunitReport.open(file);
  // Three runs side by side, and one after them.
  const ids = ['one', 'two', 'three'];
  const of = (type: string, index: number) => {
    for (const id of ids)
      report.onEvent({ type, instance: { group: 'g', index } } as unknown as RunEvent, id);
  };
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    for (const index of [0, 1]) of('instance-started', index);
    vi.advanceTimersByTime(400);
    of('instance-started', 2);
    vi.advanceTimersByTime(1_000);
    for (const index of [2, 0]) of('instance-exited', index);
  } finally {
    vi.useRealTimers();
  }
  // The second run is shorter than two instances took; the third ends before it began, as after a change of the clock.
  const run = someRun('one', ['success', 'aborted', 'failed']);
  for (const [index, duration_ms] of [2_000, 1_200, -3].entries()) {
    const spec = { ...run.spec, runId: ids[index] };
    await report.add({ ...run, spec, result: { ...run.result, duration_ms } } as SeriesRun);
  }
  // The next run has instances of the same names, which have not started.
  await report.add(run);
  await report.write(new AbortController().signal);
  const times = [...(await readFile(file, 'utf8')).matchAll(/ time="([^"]*)"/g)].map(([, time]) => time);
  expect(times).toEqual([
    '4.700',
    ...['2.000', '1.400', '0.000', '1.000'],
    ...['1.200', '1.200', '0.000', '1.000'],
    ...['0.000', '0.000', '0.000', '0.000'],
    ...['1.500', '0.000', '0.000', '0.000'],
  ]);
});

/** The attributes that junit-10.xsd defines. All but names and counts are plain strings there. */
const known: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['name', 'time', 'tests', 'failures', 'disabled', 'errors'],
  testsuite: [
    ...['name', 'tests', 'failures', 'errors', 'time', 'disabled', 'skipped', 'timestamp', 'hostname', 'id'],
    'package',
  ],
  testcase: ['name', 'assertions', 'time', 'classname', 'status'],
  failure: ['message', 'type'],
  error: ['message', 'type'],
  skipped: ['message', 'type'],
};

test('writes only attributes that junit-10.xsd defines', async () => {
  const file = join(await tempDir(), 'junit.xml');
  await using report = await JunitReport.open(file);
  await report.add(someRun('one', ['success', 'failed', 'crashed', 'canceled']));
  await report.write(new AbortController().signal);
  const xml = await readFile(file, 'utf8');
  for (const [, element = '', attributes = ''] of xml.matchAll(/<(\w+)((?: \w+="[^"]*")*)/g))
    for (const [, name] of attributes.matchAll(/ (\w+)="/g)) expect(known[element]).toContain(name);
});

describeWith('python3', 'the XML parser of Python', () => {
  test('reads a file with arbitrary texts, which contains no control characters', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), 200);
    const odd = [
      '\u001b[31m\u0000',
      '\ud800',
      '\udc00x',
      '\ufffe\uffff',
      ']]>',
      '\u0085\u2028\u202e',
      '\r\n\t',
    ];
    const dir = await tempDir();
    const file = join(dir, 'junit.xml');
    {
      await using report = await JunitReport.open(file);
      for (const text of [...texts, ...odd]) {
        const instances = [{ group: text, index: 0, outcome: 'failed', reason: text }];
        const run = someRun(text, []);
        await report.add({
          ...run,
          result: { ...run.result, groups: [{ instances }] },
        } as unknown as SeriesRun);
      }
      await report.write(new AbortController().signal);
    }
    const program =
      'import sys, xml.dom.minidom as m; print(len(m.parse(sys.argv[1]).getElementsByTagName("failure")))';
    await writeFile(join(dir, 'read.py'), program);
    const { stdout } = await execa('python3', [join(dir, 'read.py'), file]);
    expect(stdout).toBe(String(texts.length + odd.length));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters.
    expect(await readFile(file, 'utf8')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
