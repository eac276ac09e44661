import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import xmlbuilder from 'xmlbuilder';
import { nowMs } from '../../../os/clock.ts';
import { makeTempFolder } from '../../../os/temp-folder.ts';
import { thresholdWords } from '../../../plan/threshold.ts';
import type { RunEvent } from '../../../run/events/events.ts';
import { type InstanceId, instanceTag } from '../../../run/instance/instance-id.ts';
import { InstanceTimes } from '../../../run/instance/instance-times.ts';
import type { SeriesRun } from '../../../run/series.ts';
import type { InstanceOutcome } from '../../../run/verdict/outcome.ts';
import { judgedWords, type ThresholdVerdict } from '../../../run/verdict/result.ts';
import { sanitizeTerminal } from '../../../util/sanitize-terminal.ts';
import { writeOutputFile } from '../../flags/output-file.ts';

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

/** How many cases there are, how many of them ended how, and how long their suites took in ms. */
type Counts = ReturnType<typeof countsOf> & { readonly tookMs: number };

/** How long an instance lasted, in ms. */
type TookMs = (instance: InstanceId) => number;

/**
 * Runs as JUnit XML, as CI servers read it: a suite for each run, a case for each instance and each threshold. A run that did not begin is a
 * suite with one case: in error where something kept it from that, skipped where it was cancelled with another one. The time of a case is that
 * of its instance, that of a suite the time of the run (its instances run side by side), and that of all the sum of the suites'.
 * @see https://github.com/jenkinsci/xunit-plugin for the schema (junit-10.xsd) to which it is valid
 *
 * The counts of all come first in the file, and a series may have thousands of runs of thousands of instances: suites wait in
 * a temporary file.
 */
export class JunitReport implements AsyncDisposable {
  readonly #file: string;
  readonly #folder: string;
  #counts: Counts = { ...countsOf([]), tookMs: 0 };
  readonly #times = new InstanceTimes();
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

  /** Learns from what happens in a run how long its instances last. */
  hear(event: RunEvent): void {
    this.#times.learn(event);
  }

  /** Adds a run that has ended, or did not begin. What goes wrong is told when all is written: it ends no run. */
  async add(run: SeriesRun): Promise<void> {
    const cases = casesOf(run, (instance) => this.#times.of(instance));
    this.#counts = sumOf(this.#counts, { ...countsOf(cases), tookMs: tookMsOf(run) });
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

/** The suite of a run. */
export function suiteOf(run: SeriesRun, cases: readonly Case[] = casesOf(run, () => 0)): string {
  const { spec, result } = run;
  const name = inXml(`${spec.plan.name}.${spec.testCase}.${spec.name}`);
  const began = result?.started ?? new Date(nowMs()).toISOString();
  const suite = xmlbuilder.create('testsuite', { headless: true }).att({
    ...{ name, ...countsOf(cases), time: seconds(tookMsOf(run)) },
    // Without a time zone: it is UTC.
    timestamp: began.replace(/(\.\d+)?Z$/, ''),
    hostname: inXml(hostname()),
    ...(result === undefined ? {} : { id: result.run_id }),
  });
  for (const { name: caseName, element, reason, tookMs } of cases) {
    const testcase = suite.ele('testcase', { name: inXml(caseName), classname: name, time: seconds(tookMs) });
    const words = inXml(reason);
    if (element !== undefined) testcase.ele(element, { message: words.split('\n')[0] }, words);
  }
  return suite.end({ pretty: true, offset: 1 });
}

/**
 * A text as XML 1.0 may hold it: control characters are spelled out, as where tg prints them. What stands for no character (halves of
 * surrogate pairs, U+FFFE, U+FFFF) becomes U+FFFD.
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
  const instances = result.groups.flatMap((group) =>
    group.instances.map((verdict) => ({
      name: instanceTag(verdict),
      element: verdict.outcome === 'success' ? undefined : elements[verdict.outcome],
      reason: `${verdict.outcome}: ${verdict.reason}`,
      // It is measured elsewhere than the run's: it lasts no longer.
      tookMs: Math.min(tookMs(verdict), Math.max(0, result.duration_ms)),
    })),
  );
  return [...instances, ...result.thresholds.map(thresholdCase)];
}

function thresholdCase(threshold: ThresholdVerdict): Case {
  const element = ({ met: undefined, failed: 'failure', unknown: 'error' } as const)[threshold.outcome];
  return { name: thresholdWords(threshold), element, reason: judgedWords(threshold), tookMs: 0 };
}
