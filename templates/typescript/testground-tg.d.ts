// What testground-tg/sdk offers, for editors and tsc: written by `tg plan create`. Where the package testground-tg is installed
// beside the plan, its own declarations are the better ones: delete this file then.
declare module 'testground-tg/sdk' {
  /** What is attached: a text, bytes, or the content of a file. */
  type AttachmentContent = string | Uint8Array | {
      readonly file: string;
  };
  /** The file that lists the attachments of an instance, as JSON lines. */
  const attachmentsFile = "attachments.out";
  /** Writes attachments into the outputs of an instance, and lists them. */
  class Attachments {
      #private;
      /** @param outputs the folder of the instance's outputs; empty (outside a run) to write nothing. */
      constructor(outputs: string);
      /**
       * Writes one attachment. One of the same name is replaced.
       * @throws Error for a name that is no path in the outputs, or that tg uses, and if it cannot be written.
       */
      add(name: string, content: AttachmentContent, type?: string): void;
  }
  /** The context of an initialized test case: its clients and its sequence numbers. */
  class InitContext {
      #private;
      readonly syncClient: SyncClient;
      readonly netClient: NetworkClient;
      /** From 1, unique among all instances. */
      readonly globalSeq: number;
      /** From 1, unique among the instances of the group. */
      readonly groupSeq: number;
      private constructor();
      /**
       * Connects, waits for the network, and claims the sequence numbers, in the order and with the messages of the Go
       * SDK.
       */
      static create(runenv: RunEnv): Promise<InitContext>;
      /** Waits until all instances are initialized. */
      waitAllInstancesInitialized(options?: SyncOptions): Promise<void>;
      /** Waits until all instances of the group are initialized. */
      waitGroupInstancesInitialized(options?: SyncOptions): Promise<void>;
  }
  /** The network cannot be configured, or has no address. */
  class NetworkError extends Error {
      readonly name = "NetworkError";
  }
  /** Asks the sidecar, if there is one, to configure this instance's network. */
  class NetworkClient {
      #private;
      constructor(sync: SyncClient, runenv: RunEnv);
      /** Waits until the network of every instance is initialized; returns immediately without a sidecar. */
      waitNetworkInitialized(options?: SyncOptions): Promise<void>;
      /**
       * Requests a network configuration and waits until it is applied. Without a sidecar nothing is shaped: that is
       * recorded, and the plan continues.
       * @throws NetworkError if a setting is invalid, with or without a sidecar; then nothing is sent.
       */
      configureNetwork(config: NetworkConfig, options?: SyncOptions): Promise<void>;
      /**
       * This instance's address on the data network; a loopback address without a sidecar. After a configuration with
       * another address, it is that one.
       * @throws NetworkError if there is none: the network is disabled.
       */
      getDataNetworkIP(): string;
  }
  /** Publishes events for other instances; implemented by the sync client. */
  interface EventSignaller {
      signalEvent(event: Event): Promise<void>;
  }
  /** The run environment of an instance: its identity, its parameters, and its event log. */
  class RunEnv extends ParamReaders {
      #private;
      readonly params: RunParams;
      constructor(params: RunParams);
      /** The run environment of this process. */
      static current(): RunEnv;
      get testPlan(): string;
      get testCase(): string;
      get testRun(): string;
      get testGroupId(): string;
      get testInstanceCount(): number;
      get testGroupInstanceCount(): number;
      /**
       * The random number generator of this instance: the same run seed (`tg run … --seed`) gives it the same numbers
       * again. Without a seed, it is seeded randomly.
       */
      get random(): Random;
      /** Metrics that are results of the test, written to results.out: points immediately, the others every second. */
      R(): Metrics;
      /** Metrics for diagnostics, written to diagnostics.out every five seconds. */
      D(): Metrics;
      /** Records a message; with more arguments, `message` is a format as in util.format. */
      recordMessage(message: string, ...args: readonly unknown[]): void;
      /**
       * Attaches something to the run: a file in the outputs of this instance, which the report shows.
       * @param name its path in the outputs, such as `history.json` or `plots/load.png`.
       * @param content a text, bytes, or `{ file }`, the path of a file to copy.
       * @param type its media type, such as `image/png`; by default, the one of its name's extension.
       * @throws Error for a name that leads out of the outputs or that tg uses, and if it cannot be written.
       */
      attach(name: string, content: AttachmentContent, type?: string): void;
      recordStart(): void;
      recordSuccess(): void;
      recordFailure(error: unknown): void;
      recordCrash(error: unknown): void;
      recordStageStart(name: string): void;
      recordStageEnd(name: string): void;
      /** From now on, events are also published. */
      attachSignaller(signaller: EventSignaller): void;
      /** Writes the last metrics and waits until every event has been published, or has failed to be. */
      close(): Promise<void>;
  }
  /** An event in the current format: one key. */
  type Event = {
      start_event: {
          runenv: Record<string, unknown>;
      };
  } | {
      message_event: {
          message: string;
      };
  } | {
      success_event: {
          group: string;
      };
  } | {
      failure_event: {
          group: string;
          error: string;
      };
  } | {
      crash_event: {
          group: string;
          error: string;
          stacktrace: string;
      };
  } | {
      stage_start_event: {
          name: string;
          group: string;
      };
  } | {
      stage_end_event: {
          name: string;
          group: string;
      };
  };
  /**
   * Prints an event as a line of run.out. tg captures stdout, so the event is not written anywhere else. The format
   * is the Go SDK's: `{"ts":…,"msg":"","group_id":…,"run_id":…,"event":{…}}`.
   */
  function printEvent(event: Event, group: string, run: string): void;
  /**
   * A set of metrics and the file they are written to, as JSON lines `{"ts":…,"type":…,"name":…,"measures":{…}}`.
   * Points are written immediately; other metrics at each interval and once more at the end.
   */
  class Metrics {
      #private;
      /** @param outputs the folder of the file; empty (outside a run) to write nothing. */
      constructor(outputs: string, name: string, everyMs: number);
      /** Writes one value immediately. */
      recordPoint(name: string, value: number): void;
      /** A counter; it is reset after each write. */
      counter(name: string): Counter;
      /** Holds the last value. */
      gauge(name: string): Gauge;
      /** A gauge whose value is computed at each write. */
      gaugeF(name: string, read: () => number): Gauge;
      /** The distribution of values, from a uniform sample of at most `reservoir` values. */
      histogram(name: string, reservoir?: number): Histogram;
      /** Rates in events per second: over the last 1, 5 and 15 minutes, and since the beginning. */
      meter(name: string): Meter;
      /** The distribution of durations, and their rates. */
      timer(name: string): Timer;
      /** An exponentially weighted moving average of events per second. */
      ewma(name: string, alpha: number): Ewma;
      /** Sets the interval between writes, in milliseconds. */
      setFrequency(everyMs: number): void;
      /** Writes all metrics once more and stops. */
      close(): void;
  }
  /** A metric. The names of types and measures are those of the Go SDK (runtime/metrics_types.go). */
  interface Instrument {
      readonly type: 'counter' | 'ewma' | 'gauge' | 'histogram' | 'meter' | 'timer';
      measures(): Record<string, number>;
  }
  class Counter implements Instrument {
      #private;
      readonly type = "counter";
      inc(by?: number): void;
      dec(by?: number): void;
      /** As in the Go SDK, a count starts again after each write. */
      measures(): Record<string, number>;
  }
  class Gauge implements Instrument {
      #private;
      readonly type = "gauge";
      constructor(read?: () => number);
      update(value: number): void;
      measures(): Record<string, number>;
  }
  class Histogram implements Instrument {
      #private;
      readonly type = "histogram";
      constructor(reservoir: number);
      /**
       * Reservoir sampling (Vitter's algorithm R): every value is in the sample with equal probability. Minimum,
       * maximum and mean cover all values.
       */
      update(value: number): void;
      measures(): Record<string, number>;
  }
  class Ewma implements Instrument {
      #private;
      readonly type = "ewma";
      constructor(alpha: number);
      update(count: number): void;
      /** Events per second. */
      rate(): number;
      measures(): Record<string, number>;
  }
  class Meter implements Instrument {
      #private;
      readonly type = "meter";
      mark(count?: number): void;
      measures(): Record<string, number>;
  }
  class Timer implements Instrument {
      #private;
      readonly type = "timer";
      /** @param ns a duration in nanoseconds, as in the Go SDK. */
      update(ns: number): void;
      /** Measures the duration of an operation. */
      time<T>(work: () => Promise<T> | T): Promise<T>;
      measures(): Record<string, number>;
  }
  /** Thrown for a parameter that is not set, or does not have the requested type. */
  class ParamError extends Error {
      readonly name = "ParamError";
      /** The parameter's name. */
      readonly param: string;
      constructor(param: string, problem: string);
  }
  /** Typed readers of a test case's parameters. Each throws a ParamError that names the parameter. */
  class ParamReaders {
      #private;
      constructor(params: Readonly<Record<string, string>>);
      /** Whether it has a value. A parameter without a value and a default is passed as `null`. */
      isParamSet(name: string): boolean;
      stringParam(name: string): string;
      /** An integer that JavaScript can hold exactly. */
      intParam(name: string): number;
      floatParam(name: string): number;
      booleanParam(name: string): boolean;
      /** A size such as `64KiB` or `1.5MB`, in bytes. */
      sizeParam(name: string): number;
      /** A duration such as `90s` or `1h30m`, in milliseconds. */
      durationParam(name: string): number;
      /** A JSON value; its type is not checked. */
      jsonParam<T = unknown>(name: string): T;
      /** A JSON array of strings. */
      stringArrayParam(name: string): string[];
      /** A JSON array of numbers. */
      numberArrayParam(name: string): number[];
      /** A JSON array of sizes, in bytes. */
      sizeArrayParam(name: string): number[];
      /** A JSON array of durations, in milliseconds. */
      durationArrayParam(name: string): number[];
  }
  /** A reproducible random number generator: the same seed gives the same numbers, in the same order. */
  class Random {
      #private;
      /** @param seed an integer, of which 64 bits are used. */
      constructor(seed: bigint);
      /** A number from 0 (inclusive) to 1 (exclusive). */
      next(): number;
      /** An integer from `min` to `max`, both inclusive. @throws RangeError for invalid bounds. */
      int(min: number, max: number): number;
      /** One of the values. @throws RangeError if there are none. */
      pick<Value>(values: readonly Value[]): Value;
      /** The values in random order. */
      shuffle<Value>(values: readonly Value[]): Value[];
  }
  /** The values that the run environment gives an instance. */
  interface RunParams {
      readonly testPlan: string;
      readonly testCase: string;
      readonly testRun: string;
      readonly testInstanceCount: number;
      readonly testGroupId: string;
      readonly testGroupInstanceCount: number;
      readonly testInstanceRole: string;
      readonly testInstanceParams: Readonly<Record<string, string>>;
      readonly testCaptureProfiles: Readonly<Record<string, string>>;
      /** An absolute path; files written there are collected. Empty outside a run. */
      readonly testOutputsPath: string;
      /** An absolute path that is removed after the run. Empty outside a run. */
      readonly testTempPath: string;
      readonly testSubnet: string;
      readonly testSidecar: boolean;
      readonly testDisableMetrics: boolean;
      /** RFC 3339. */
      readonly testStartTime: string;
      readonly testRepo: string;
      readonly testBranch: string;
      readonly testTag: string;
      /** The seed of the instance, a decimal number; empty outside a run, and with another runner. */
      readonly testSeed: string;
  }
  /** Parses the run environment from variables. */
  function parseRunParams(env: Readonly<Record<string, string | undefined>>): RunParams;
  /** The run environment as recorded in the start event. */
  function startEventOf(params: RunParams): Record<string, unknown>;
  /** The scope of this run's keys in the sync service. */
  function scopeOf({ testRun, testPlan, testCase }: RunParams): Scope;
  /**
   * Wire types and keys of the sync service, shared by the server and the SDK.
   * They follow testground/sync-service (types.go) and sdk-go (sync/types.go).
   */
  /** A client's request: an id and exactly one operation, or `is_cancel` with the id of an earlier request. */
  interface Request {
      id: string;
      is_cancel?: boolean;
      publish?: {
          topic: string;
          payload: unknown;
      };
      subscribe?: {
          topic: string;
      };
      barrier?: {
          state: string;
          target: number;
      };
      signal_entry?: {
          state: string;
      };
  }
  /** The response to a request. A satisfied barrier returns an empty error and nothing else. */
  interface Response {
      id: string;
      error: string;
      publish: {
          seq: number;
      } | null;
      /** One message of a topic as JSON text; empty in other responses. */
      subscribe: string;
      signal_entry: {
          seq: number;
      } | null;
  }
  /** The scope of a key: run, plan and test case. */
  interface Scope {
      readonly run: string;
      readonly plan: string;
      readonly testCase: string;
  }
  /** The prefix of every key of a run. */
  function runPrefix(run: string): string;
  function stateKey(scope: Scope, state: string): string;
  function topicKey(scope: Scope, topic: string): string;
  /** The name that the plan uses for a state key. */
  function nameOfState(key: string): string;
  /** The name that the plan uses for a topic key. */
  function nameOfTopic(key: string): string;
  /** Suffix of the topic key to which every SDK publishes its start, stage and end events. */
  const runEventsName = ":run_events";
  function runEventsKey(scope: Scope): string;
  /** Whether a key has the form of a run's key: a state, a topic, or the topic of SDK events. */
  function isRunKey(key: string): boolean;
  /** The largest accepted payload, in bytes. (The Go client refuses to read more than 32 KiB.) */
  const maxPayloadBytes: number;
  /**
   * The largest accepted frame, in bytes. A larger frame closes the connection; a payload over the limit in a smaller
   * frame gets an error response.
   */
  const maxFrameBytes: number;
  const defaultHost = "testground-sync-service";
  const defaultPort = "5050";
  /**
   * The User-Agent of `tg sync` in the WebSocket handshake. It is a tool for scripts and does not count as an SDK:
   * a script reports success through its exit status.
   */
  const scriptAgent = "tg-sync";
  /** Options of all operations: a signal that aborts the operation. */
  interface SyncOptions {
      readonly signal?: AbortSignal;
  }
  /**
   * A client of the sync service, bound to one run: its states, barriers and topics are shared by all instances of
   * the run.
   */
  class SyncClient {
      #private;
      private constructor();
      /** Connects to the service given by the environment (SYNC_SERVICE_HOST and SYNC_SERVICE_PORT). */
      static connect(runenv: RunEnv, { signal }?: SyncOptions): Promise<SyncClient>;
      /** Signals a state. @returns the sequence number of this entry, from 1. */
      signalEntry(state: string, { signal }?: SyncOptions): Promise<number>;
      /** Waits until a state has been signalled at least `target` times. */
      barrier(state: string, target: number, { signal }?: SyncOptions): Promise<void>;
      /** Signals a state and waits until it has `target` entries. @returns the sequence number. */
      signalAndWait(state: string, target: number, options?: SyncOptions): Promise<number>;
      /** Publishes a JSON value. @returns the sequence number of this message, from 1. */
      publish(topic: string, payload: unknown, { signal }?: SyncOptions): Promise<number>;
      /**
       * Yields all messages of a topic from the first, in order, and waits for further ones. Leaving the loop ends the
       * subscription; so does the signal, with its reason. The type of messages is not checked.
       */
      subscribe<T = unknown>(topic: string, { signal }?: SyncOptions): AsyncGenerator<T, void>;
      /** Publishes a message, then subscribes to the same topic. */
      publishSubscribe<T>(topic: string, payload: T, options?: SyncOptions): Promise<{
          readonly seq: number;
          readonly messages: AsyncGenerator<T, void>;
      }>;
      /** Publishes a message, then waits until a state has `target` entries. @returns the message's sequence number. */
      publishAndWait(topic: string, payload: unknown, state: string, target: number, options?: SyncOptions): Promise<number>;
      /** Publishes an event on the run's own topic. */
      signalEvent(event: Event): Promise<void>;
      close(): Promise<void>;
  }
  /** What a rule does with what is sent to a subnet: it accepts, rejects, or drops it. */
  const filterActions: {
      readonly accept: 0;
      readonly reject: 1;
      readonly drop: 2;
  };
  /** One of the values of `filterActions`. */
  type FilterAction = (typeof filterActions)[keyof typeof filterActions];
  /**
   * How what an instance sends is shaped. A round trip is shaped twice if both sides ask for it. Percentages are from 0
   * to 100; omitted values are 0.
   */
  interface LinkShape {
      /** Milliseconds by which packets are delayed, at most 4,294,967. */
      readonly latency?: number;
      /** The greatest deviation from the latency, in milliseconds. May reorder packets. */
      readonly jitter?: number;
      /** Bits per second, a whole number; 0 for no limit. */
      readonly bandwidth?: number;
      /** For rules. The filter of a whole network is always `accept`. */
      readonly filter?: FilterAction;
      /** The percentage of packets that are lost. */
      readonly loss?: number;
      /** The percentage of packets in which one bit is flipped. */
      readonly corrupt?: number;
      /** How much each choice depends on the one before it, in per cent. */
      readonly corruptCorr?: number;
      /** The percentage of packets that are sent without the latency, and so before others. */
      readonly reorder?: number;
      /** How much each choice depends on the one before it, in per cent. */
      readonly reorderCorr?: number;
      /** The percentage of packets that are sent twice. */
      readonly duplicate?: number;
      /** How much each choice depends on the one before it, in per cent. */
      readonly duplicateCorr?: number;
  }
  /** What happens to what an instance sends to a subnet. tg applies the filter only, as Testground does. */
  interface LinkRule extends LinkShape {
      /** A subnet such as `16.0.1.0/24`, or one address. */
      readonly subnet: string;
  }
  /** A configuration of an instance's network. It replaces the one before it, except for its rules, which add up. */
  interface NetworkConfig {
      /** The network's name; default: `default`, the data network, which is the only one. */
      readonly network?: string;
      /** The address that the instance gets, such as `16.0.1.2/16`; default: the one that it has. */
      readonly IPv4?: string;
      /** An IPv6 address. tg applies none: its networks have only IPv4. */
      readonly IPv6?: string;
      /** Whether the instance is connected to the network; default: true. */
      readonly enable?: boolean;
      /** How everything that the instance sends is shaped; default: not at all. */
      readonly default?: LinkShape;
      /** Rules for subnets. One that accepts a subnet takes back an earlier one for the same subnet. */
      readonly rules?: readonly LinkRule[];
      /** The state that the sidecar signals once when it has applied the configuration. */
      readonly callbackState: string;
      /** The number of entries into that state to wait for; default, and for 0: the number of all instances. */
      readonly callbackTarget?: number;
      /** Whether what is outside of the run can be reached; default: `deny_all`. */
      readonly routingPolicy?: 'allow_all' | 'deny_all';
  }
  /** A test case that takes only its run environment. */
  type TestCase = (runenv: RunEnv) => Promise<void> | void;
  /** A test case that is initialized first; it takes two parameters. */
  type InitializedTestCase = (runenv: RunEnv, initContext: InitContext) => Promise<void> | void;
  /** Runs the test case named by the environment, as `invoke` does. An unknown name is a failure. */
  function invokeMap(cases: Readonly<Record<string, TestCase | InitializedTestCase>>): Promise<never>;
  /**
   * Runs a test case and reports its outcome: success when it returns, failure when it throws. An uncaught exception
   * (in a callback, or in a promise that is not awaited) is a crash. Then the process exits with 0, 1 or 2.
   */
  function invoke(testCase: TestCase | InitializedTestCase): Promise<never>;
  export { AttachmentContent, Counter, Ewma, FilterAction, Gauge, Histogram, InitContext, InitializedTestCase, LinkRule, LinkShape, Meter, Metrics, NetworkClient, NetworkConfig, NetworkError, ParamError, Random, RunEnv, RunParams, SyncClient, SyncOptions, TestCase, Timer, filterActions, invoke, invokeMap };
}
