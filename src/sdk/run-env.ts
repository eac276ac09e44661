import { format, inspect } from 'node:util';
import { type AttachmentContent, Attachments } from './attachments.ts';
import { type Event, printEvent } from './event-log.ts';
import { Metrics } from './metrics/metrics.ts';
import { ParamReaders } from './param-readers.ts';
import { Random } from './random.ts';
import { parseRunParams, type RunParams, startEventOf } from './run-params.ts';

/** Publishes events for other instances; implemented by the sync client. */
export interface EventSignaller {
  signalEvent(event: Event): Promise<void>;
}

/** The run environment of an instance: its identity, its parameters, and its event log. */
export class RunEnv extends ParamReaders {
  readonly params: RunParams;
  readonly #results: Metrics;
  readonly #diagnostics: Metrics;
  readonly #attachments: Attachments;
  #random: Random | undefined;
  #signaller: EventSignaller | undefined;
  #signalling: Promise<void> = Promise.resolve();

  constructor(params: RunParams) {
    super(params.testInstanceParams);
    this.params = params;
    this.#results = new Metrics(params.testOutputsPath, 'results.out', 1_000);
    this.#diagnostics = new Metrics(params.testOutputsPath, 'diagnostics.out', 5_000);
    this.#attachments = new Attachments(params.testOutputsPath);
  }

  /** The run environment of this process. */
  static current(): RunEnv {
    return new RunEnv(parseRunParams(process.env));
  }

  get testPlan(): string {
    return this.params.testPlan;
  }

  get testCase(): string {
    return this.params.testCase;
  }

  get testRun(): string {
    return this.params.testRun;
  }

  get testGroupId(): string {
    return this.params.testGroupId;
  }

  get testInstanceCount(): number {
    return this.params.testInstanceCount;
  }

  get testGroupInstanceCount(): number {
    return this.params.testGroupInstanceCount;
  }

  /**
   * The random number generator of this instance: the same run seed (`tg run … --seed`) gives it the same numbers
   * again. Without a seed, it is seeded randomly.
   */
  get random(): Random {
    this.#random ??= new Random(seedIn(this.params.testSeed));
    return this.#random;
  }

  /** Metrics that are results of the test, written to results.out: points immediately, the others every second. */
  R(): Metrics {
    return this.#results;
  }

  /** Metrics for diagnostics, written to diagnostics.out every five seconds. */
  D(): Metrics {
    return this.#diagnostics;
  }

  /** Records a message; with more arguments, `message` is a format as in util.format. */
  recordMessage(message: string, ...args: readonly unknown[]): void {
    this.#print({ message_event: { message: args.length === 0 ? message : format(message, ...args) } });
  }

  /**
   * Attaches something to the run: a file in the outputs of this instance, which the report shows.
   * @param name its path in the outputs, such as `history.json` or `plots/load.png`.
   * @param content a text, bytes, or `{ file }`, the path of a file to copy.
   * @param type its media type, such as `image/png`; by default, the one of its name's extension.
   * @throws Error for a name that leads out of the outputs or that tg uses, and if it cannot be written.
   */
  attach(name: string, content: AttachmentContent, type?: string): void {
    this.#attachments.add(name, content, type);
  }

  recordStart(): void {
    this.#record({ start_event: { runenv: startEventOf(this.params) } });
  }

  recordSuccess(): void {
    this.#record({ success_event: { group: this.testGroupId } });
  }

  recordFailure(error: unknown): void {
    this.#record({ failure_event: { group: this.testGroupId, error: messageOf(error) } });
  }

  recordCrash(error: unknown): void {
    const stacktrace = error instanceof Error ? (error.stack ?? '') : (new Error('crash').stack ?? '');
    this.#record({ crash_event: { group: this.testGroupId, error: messageOf(error), stacktrace } });
  }

  recordStageStart(name: string): void {
    this.#record({ stage_start_event: { name, group: this.testGroupId } });
  }

  recordStageEnd(name: string): void {
    this.#record({ stage_end_event: { name, group: this.testGroupId } });
  }

  /** From now on, events are also published. */
  attachSignaller(signaller: EventSignaller): void {
    this.#signaller = signaller;
  }

  /** Writes the last metrics and waits until every event has been published, or has failed to be. */
  async close(): Promise<void> {
    this.#results.close();
    this.#diagnostics.close();
    await this.#signalling;
  }

  #print(event: Event): void {
    printEvent(event, this.testGroupId, this.testRun);
  }

  #record(event: Event): void {
    this.#print(event);
    const signalled = this.#signaller?.signalEvent(event);
    // The printed event counts; a failure to publish it is not a failure of the test.
    if (signalled !== undefined)
      this.#signalling = Promise.allSettled([this.#signalling, signalled]).then(() => {});
  }
}

function seedIn(text: string): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : BigInt(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : inspect(error);
}
