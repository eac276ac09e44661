import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import xmlbuilder, { type XMLElement } from 'xmlbuilder';
import { nowMs } from '../../../os/clock.ts';
import { makeTempFolder } from '../../../os/temp-folder.ts';
import { type InstanceId, instanceTag } from '../../../plan/instance-id.ts';
import { thresholdText } from '../../../plan/threshold.ts';
import type { CauseExample } from '../../../run/causes/cause.ts';
import { causeTitles } from '../../../run/causes/cause-text.ts';
import { causesIn } from '../../../run/causes/rank-causes.ts';
import type { RunEvent } from '../../../run/events/events.ts';
import { InstanceTimes } from '../../../run/instance/instance-times.ts';
import type { SeriesRun } from '../../../run/series/run-series.ts';
import { hasPassed } from '../../../run/verdict/outcomes.ts';
import {
  type FailedVerdict,
  judgedText,
  type RunResult,
  type ThresholdVerdict,
} from '../../../run/verdict/result.ts';
import { sanitizeTerminal } from '../../../util/sanitize-terminal.ts';
import { writeOutputFile } from '../../flags/output-file.ts';
import { networkProblemLines, networkText } from '../series/results.ts';

/** The JUnit elements for outcomes other than success. */
const elements: Readonly<Record<FailedVerdict['outcome'], 'failure' | 'error' | 'skipped'>> = {
  failed: 'failure',
  crashed: 'error',
  incomplete: 'error',
  'timed-out': 'error',
  'never-started': 'error',
  canceled: 'skipped',
  aborted: 'error',
};

/** The number of cases by outcome, and the total duration of their suites in ms. */
type Counts = ReturnType<typeof countsOf> & { readonly tookMs: number };

/** The duration of an instance, in ms. */
type TookMs = (instance: InstanceId) => number;

/**
 * Writes runs as JUnit XML for CI servers: a suite for each run, a case for each instance and threshold. A run that
 * did not start is a suite with one case: an error if it failed to start, skipped if it was cancelled with another
 * run. The time of a case is the duration of its instance, the time of a suite is the duration of the run
 * (instances run in parallel), and the total is the sum of the suites. The totals come first in the file, and a
 * series may have thousands of runs with thousands of instances, so suites are buffered in a temporary file.
 * @see https://github.com/jenkinsci/xunit-plugin for the schema (junit-10.xsd) that the file conforms to
 */
export class JunitReport implements AsyncDisposable {
  readonly #file: string;
  readonly #folder: string;
  #counts: Counts = { ...countsOf([]), tookMs: 0 };
  /** The durations of the instances of active runs, by the ID of the run. */
  readonly #times = new Map<string, InstanceTimes>();
  #problem: unknown;

  private constructor(file: string, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  /** @param file the path of the report. @throws TgError (environment) if the temporary file cannot be created. */
  static async open(file: string): Promise<JunitReport> {
    return new JunitReport(file, makeTempFolder('junit'));
  }

  get #suites(): string {
    return join(this.#folder, 'suites.xml');
  }

  /** Records the durations of instances from the events of a run. */
  onEvent(event: RunEvent, runId: string): void {
    const times = this.#times.get(runId) ?? new InstanceTimes();
    this.#times.set(runId, times);
    times.learn(event);
  }

  /** Adds a run that has ended or did not start. Errors are reported by `write`, and end no run. */
  async add(run: SeriesRun): Promise<void> {
    const { runId } = run.spec;
    const times = this.#times.get(runId);
    this.#times.delete(runId);
    const cases = casesOf(run, (instance) => times?.of(instance) ?? 0);
    this.#counts = sumOf(this.#counts, { ...countsOf(cases), tookMs: tookMsOf(run) });
    await appendFile(this.#suites, `${suiteOf(run, cases)}\n`).catch((error: unknown) => {
      this.#problem ??= error;
    });
  }

  /**
   * @param signal stops waiting for a pipe without a reader.
   * @throws TgError (environment) if the file cannot be written.
   */
  async write(signal: AbortSignal): Promise<void> {
    await writeOutputFile(this.#file, this.#document(), 'the report', signal);
  }

  async *#document(): AsyncGenerator<string> {
    if (this.#problem !== undefined) throw this.#problem;
    const { tests, failures, errors, tookMs } = this.#counts;
    const all = { tests, failures, errors, time: seconds(tookMs), name: 'tg' };
    const counts = Object.entries(all).map(([name, value]) => ` ${name}="${value}"`);
    yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts.join('')}>\n`;
    for await (const text of createReadStream(this.#suites, 'utf8')) yield text as string;
    yield '</testsuites>\n';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Renders the suite of a run. */
export function suiteOf(run: SeriesRun, cases: readonly Case[] = casesOf(run, () => 0)): string {
  const { spec, result } = run;
  const name = inXml(`${spec.plan.name}.${spec.testCase}.${spec.name}`);
  const began = result?.started ?? new Date(nowMs()).toISOString();
  const suite = xmlbuilder.create('testsuite', { headless: true }).att({
    ...{ name, ...countsOf(cases), time: seconds(tookMsOf(run)) },
    // The schema allows no time zone: the time is UTC.
    timestamp: began.replace(/(\.\d+)?Z$/, ''),
    hostname: inXml(hostname()),
    ...(result === undefined ? {} : { id: result.run_id }),
  });
  for (const { name: caseName, element, reason, tookMs, example } of cases) {
    const testcase = suite.ele('testcase', { name: inXml(caseName), classname: name, time: seconds(tookMs) });
    const text = inXml(reason);
    if (element !== undefined) testcase.ele(element, { message: text.split('\n')[0] }, text);
    if (example !== undefined) addOutput(testcase, example);
  }
  return suite.end({ pretty: true, offset: 1 });
}

/** Adds what an instance printed before it failed, and its stack. */
function addOutput(testcase: XMLElement, { last_lines, stack }: CauseExample): void {
  if (last_lines.length > 0) testcase.ele('system-out', inXml(last_lines.join('\n')));
  if (stack.length > 0) testcase.ele('system-err', inXml(stack.join('\n')));
}

/**
 * Escapes a text for XML 1.0: control characters are spelled out, as in printed lines. Lone surrogates, U+FFFE and
 * U+FFFF become U+FFFD.
 */
function inXml(text: string): string {
  return Buffer.from(sanitizeTerminal(text))
    .toString()
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD');
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function tookMsOf({ result }: SeriesRun): number {
  return Math.max(0, result?.duration_ms ?? 0);
}

interface Case {
  readonly name: string;
  readonly element: 'failure' | 'error' | 'skipped' | undefined;
  readonly reason: string;
  readonly tookMs: number;
  /** What it printed, if it is the first instance of a cause. */
  readonly example?: CauseExample | undefined;
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
    tookMs: one.tookMs + other.tookMs,
  };
}

function casesOf({ spec, error, result }: SeriesRun, tookMs: TookMs): Case[] {
  const whole = { name: spec.name, tookMs: 0 };
  if (result === undefined) return [{ ...whole, element: 'skipped', reason: error }];
  if (result.error !== null) return [{ ...whole, element: 'error', reason: result.error }];
  const examples = new Map(
    causesIn(result).causes.flatMap(({ example }) => (example ? [[instanceTag(example), example]] : [])),
  );
  const instances = result.groups.flatMap((group) =>
    group.instances.map((verdict) => ({
      name: instanceTag(verdict),
      element: hasPassed(verdict.outcome) ? undefined : elements[verdict.outcome],
      reason: `${verdict.outcome}: ${verdict.reason}`,
      // Measured by another clock than the run's duration, which bounds it.
      tookMs: Math.min(tookMs(verdict), Math.max(0, result.duration_ms)),
      example: examples.get(instanceTag(verdict)),
    })),
  );
  const cases: readonly Case[] = [...instances, ...result.thresholds.map(thresholdCase)];
  return result.outcome === 'success' || cases.some(({ element }) => element !== undefined)
    ? [...cases]
    : [...cases, { ...whole, element: 'error', reason: whyNotPassed(result) }];
}

/** Why a run did not pass although all its instances and thresholds did. */
function whyNotPassed(result: RunResult): string {
  const causes = causeTitles(causesIn(result));
  const network = [networkText(result) ?? [], networkProblemLines(result)].flat();
  return [`outcome: ${result.outcome}`, ...causes, ...network].join('\n');
}

function thresholdCase(threshold: ThresholdVerdict): Case {
  const element = ({ met: undefined, failed: 'failure', unknown: 'error' } as const)[threshold.outcome];
  return { name: thresholdText(threshold), element, reason: judgedText(threshold), tookMs: 0 };
}
