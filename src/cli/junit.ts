import { writeFile } from 'node:fs/promises';
import xmlbuilder from 'xmlbuilder';
import { expecting } from '../errors.ts';
import { instanceTag } from '../run/events.ts';
import type { InstanceOutcome, RunResult } from '../run/result.ts';

/** What JUnit calls the outcomes other than success. */
const elements: Readonly<Record<Exclude<InstanceOutcome, 'success'>, 'failure' | 'error' | 'skipped'>> = {
  failed: 'failure',
  crashed: 'error',
  incomplete: 'error',
  'timed-out': 'error',
  'never-started': 'error',
  canceled: 'skipped',
  aborted: 'error',
};

/**
 * Runs as JUnit XML, as CI servers read it: a suite for each run, a case for each instance. A run that did not begin is a
 * suite with one case, in error.
 */
export function junitOf(results: readonly RunResult[]): string {
  const root = xmlbuilder.create('testsuites', { encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' });
  const totals = { tests: 0, failures: 0, errors: 0, skipped: 0 };
  for (const result of results) {
    const cases = casesOf(result);
    const counts = {
      tests: cases.length,
      failures: cases.filter(({ element }) => element === 'failure').length,
      errors: cases.filter(({ element }) => element === 'error').length,
      skipped: cases.filter(({ element }) => element === 'skipped').length,
    };
    for (const name of ['tests', 'failures', 'errors', 'skipped'] as const) totals[name] += counts[name];
    const suite = root.ele('testsuite', {
      name: `${result.plan}.${result.case}.${result.name}`,
      ...counts,
      time: seconds(result.duration_ms),
      timestamp: result.started.replace(/\.\d+Z$/, ''),
      id: result.run_id,
    });
    for (const { name, classname, element, reason } of cases) {
      const testcase = suite.ele('testcase', { name, classname, time: seconds(result.duration_ms) });
      if (element !== undefined) testcase.ele(element, { message: reason.split('\n')[0] }, reason);
    }
  }
  for (const [name, count] of Object.entries(totals)) root.att(name, count);
  return `${root.end({ pretty: true })}\n`;
}

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly element: 'failure' | 'error' | 'skipped' | undefined;
  readonly reason: string;
}

function casesOf({ plan, case: testCase, name, groups, error, run_id }: RunResult): Case[] {
  const classname = `${plan}.${testCase}.${name}`;
  if (error !== null) return [{ name: run_id, classname, element: 'error', reason: error }];
  return groups.flatMap(({ instances }) =>
    instances.map((verdict) => ({
      name: instanceTag(verdict),
      classname,
      element: verdict.outcome === 'success' ? undefined : elements[verdict.outcome],
      reason: `${verdict.outcome}: ${verdict.reason}`,
    })),
  );
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** Writes runs as JUnit XML. @throws TgError (environment) when it cannot be written. */
export async function writeJunit(file: string, results: readonly RunResult[]): Promise<void> {
  await writeFile(file, junitOf(results)).catch(
    expecting(
      'environment',
      file,
      'the JUnit report cannot be written there',
      'Name a file that you may write.',
    ),
  );
}
