import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JunitReport } from '../../src/cli/junit.ts';
import type { SeriesRun } from '../../src/run/series.ts';
import { ownTempFolders } from '../../src/temp-folder.ts';
import { tempDir } from '../support/temp.ts';

const spec = { plan: { name: 'p' }, testCase: 'c' };

function someRun(name: string, outcomes: readonly string[]): SeriesRun {
  const instances = outcomes.map((outcome, index) => ({ group: 'g', index, outcome, reason: '<&>' }));
  const result = {
    ...{ error: null, thresholds: [], duration_ms: 1_500, run_id: 'id', started: '2020-01-01T00:00:00.5Z' },
    groups: [{ instances }],
  };
  return { spec: { ...spec, name }, error: '', result } as unknown as SeriesRun;
}

test('suites of many runs come behind the counts of all, and leave no temporary file', async () => {
  const file = join(await tempDir(), 'junit.xml');
  {
    await using report = await JunitReport.open(file);
    await report.add(someRun('one', ['success', 'failed']));
    await report.add({ spec: { ...spec, name: 'never' }, error: 'canceled' } as unknown as SeriesRun);
    await report.add(someRun('two', ['crashed']));
    await report.write(new AbortController().signal);
  }
  expect(await readFile(file, 'utf8')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" skipped="1">
  <testsuite name="p.c.one" tests="2" failures="1" errors="0" skipped="0" time="1.500" timestamp="2020-01-01T00:00:00" id="id">
    <testcase name="g[000]" classname="p.c.one"/>
    <testcase name="g[001]" classname="p.c.one">
      <failure message="failed: &lt;&amp;>">failed: &lt;&amp;&gt;</failure>
    </testcase>
  </testsuite>
  <testsuite name="p.c.never" tests="1" failures="0" errors="0" skipped="1" time="0.000">
    <testcase name="never" classname="p.c.never">
      <skipped message="canceled">canceled</skipped>
    </testcase>
  </testsuite>
  <testsuite name="p.c.two" tests="1" failures="0" errors="1" skipped="0" time="1.500" timestamp="2020-01-01T00:00:00" id="id">
    <testcase name="g[000]" classname="p.c.two">
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
