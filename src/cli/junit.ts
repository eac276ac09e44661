import xmlbuilder from 'xmlbuilder';
import { thresholdWords } from '../plan/threshold.ts';
import { instanceTag } from '../run/instance-id.ts';
import { type InstanceOutcome, judgedWords, type ThresholdVerdict } from '../run/result.ts';
import type { SeriesRun } from '../run/series.ts';
import { writeOutputFile } from './output-file.ts';

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
 * Runs as JUnit XML, as CI servers read it: a suite for each run, a case for each instance and each threshold. A run that did not begin is a
 * suite with one case: in error where something kept it from that, skipped where it was cancelled with another one.
 */
export function junitOf(runs: readonly SeriesRun[]): string {
  const root = xmlbuilder.create('testsuites', { encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' });
  const suites = runs.map((run) => ({ run, cases: casesOf(run) }));
  const all = countsOf(suites.flatMap(({ cases }) => cases));
  for (const [name, count] of Object.entries(all)) root.att(name, count);
  for (const { run, cases } of suites) {
    const { spec, result } = run;
    const suite = root.ele('testsuite', {
      name: `${spec.plan.name}.${spec.testCase}.${spec.name}`,
      ...countsOf(cases),
      time: ((result?.duration_ms ?? 0) / 1_000).toFixed(3),
      ...(result === undefined
        ? {}
        : { timestamp: result.started.replace(/\.\d+Z$/, ''), id: result.run_id }),
    });
    for (const { name, element, reason } of cases) {
      const testcase = suite.ele('testcase', {
        name,
        classname: `${spec.plan.name}.${spec.testCase}.${spec.name}`,
      });
      if (element !== undefined) testcase.ele(element, { message: reason.split('\n')[0] }, reason);
    }
  }
  return `${root.end({ pretty: true })}\n`;
}

interface Case {
  readonly name: string;
  readonly element: 'failure' | 'error' | 'skipped' | undefined;
  readonly reason: string;
}

function countsOf(cases: readonly Case[]) {
  const count = (wanted: Case['element']) => cases.filter(({ element }) => element === wanted).length;
  return {
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

function casesOf({ spec, error, result }: SeriesRun): Case[] {
  if (result === undefined) return [{ name: spec.name, element: 'skipped', reason: error }];
  if (result.error !== null) return [{ name: spec.name, element: 'error', reason: result.error }];
  const instances = result.groups.flatMap((group) =>
    group.instances.map((verdict) => ({
      name: instanceTag(verdict),
      element: verdict.outcome === 'success' ? undefined : elements[verdict.outcome],
      reason: `${verdict.outcome}: ${verdict.reason}`,
    })),
  );
  return [...instances, ...result.thresholds.map(thresholdCase)];
}

function thresholdCase(threshold: ThresholdVerdict): Case {
  const element = ({ met: undefined, failed: 'failure', unknown: 'error' } as const)[threshold.outcome];
  return { name: thresholdWords(threshold), element, reason: judgedWords(threshold) };
}

/** Writes runs as JUnit XML. @throws TgError (environment) when it cannot be written. */
export async function writeJunit(
  file: string,
  runs: readonly SeriesRun[],
  signal: AbortSignal,
): Promise<void> {
  await writeOutputFile(file, junitOf(runs), 'the report', signal);
}
