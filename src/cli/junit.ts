import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import xmlbuilder from 'xmlbuilder';
import { thresholdWords } from '../plan/threshold.ts';
import { instanceTag } from '../run/instance-id.ts';
import type { InstanceOutcome } from '../run/outcome.ts';
import { judgedWords, type ThresholdVerdict } from '../run/result.ts';
import type { SeriesRun } from '../run/series.ts';
import { makeTempFolder } from '../temp-folder.ts';
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

/** How many cases there are, and how many of them ended how. */
type Counts = ReturnType<typeof countsOf>;

/**
 * Runs as JUnit XML, as CI servers read it: a suite for each run, a case for each instance and each threshold. A run that did not begin is a
 * suite with one case: in error where something kept it from that, skipped where it was cancelled with another one.
 *
 * The counts of all come first in the file, and a series may have thousands of runs of thousands of instances: suites wait in
 * a temporary file.
 */
export class JunitReport implements AsyncDisposable {
  readonly #file: string;
  readonly #folder: string;
  #counts: Counts = countsOf([]);
  #problem: unknown;

  private constructor(file: string, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  /** @param file where it is to be. @throws TgError (environment) when there is no room for a temporary file. */
  static async open(file: string): Promise<JunitReport> {
    return new JunitReport(file, await makeTempFolder('junit'));
  }

  get #suites(): string {
    return join(this.#folder, 'suites.xml');
  }

  /** Adds a run that has ended, or did not begin. What goes wrong is told when all is written: it ends no run. */
  async add(run: SeriesRun): Promise<void> {
    const cases = casesOf(run);
    this.#counts = sumOf(this.#counts, countsOf(cases));
    await appendFile(this.#suites, `${suiteOf(run, cases)}\n`).catch((error: unknown) => {
      this.#problem ??= error;
    });
  }

  /**
   * @param signal gives up a pipe that nobody reads.
   * @throws TgError (environment) when it cannot be written.
   */
  async write(signal: AbortSignal): Promise<void> {
    await writeOutputFile(this.#file, this.#document(), 'the report', signal);
  }

  async *#document(): AsyncGenerator<string> {
    if (this.#problem !== undefined) throw this.#problem;
    const counts = Object.entries(this.#counts).map(([name, count]) => ` ${name}="${count}"`);
    yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts.join('')}>\n`;
    for await (const text of createReadStream(this.#suites, 'utf8')) yield text as string;
    yield '</testsuites>\n';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The suite of a run. */
export function suiteOf(run: SeriesRun, cases = casesOf(run)): string {
  const { spec, result } = run;
  const name = `${spec.plan.name}.${spec.testCase}.${spec.name}`;
  const options = { headless: true, invalidCharReplacement: '\uFFFD' };
  const suite = xmlbuilder.create('testsuite', options).att({
    ...{ name, ...countsOf(cases), time: ((result?.duration_ms ?? 0) / 1_000).toFixed(3) },
    ...(result === undefined ? {} : { timestamp: result.started.replace(/\.\d+Z$/, ''), id: result.run_id }),
  });
  for (const { name: caseName, element, reason } of cases) {
    const testcase = suite.ele('testcase', { name: caseName, classname: name });
    if (element !== undefined) testcase.ele(element, { message: reason.split('\n')[0] }, reason);
  }
  return suite.end({ pretty: true, offset: 1 });
}

interface Case {
  readonly name: string;
  readonly element: 'failure' | 'error' | 'skipped' | undefined;
  readonly reason: string;
}

function countsOf(cases: readonly Case[]) {
  const counts = { tests: cases.length, failures: 0, errors: 0, skipped: 0 };
  for (const { element } of cases) {
    if (element === 'failure') counts.failures++;
    if (element === 'error') counts.errors++;
    if (element === 'skipped') counts.skipped++;
  }
  return counts;
}

function sumOf(one: Counts, other: Counts): Counts {
  return {
    tests: one.tests + other.tests,
    failures: one.failures + other.failures,
    errors: one.errors + other.errors,
    skipped: one.skipped + other.skipped,
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
