// What testground-tg/sdk offers, for editors and tsc: written by `tg plan create`. Where the package testground-tg is installed
// beside the plan, its own declarations are the better ones: delete this file then.
declare module 'testground-tg/sdk' {
  /** What a test case gets that wants to be initialised: clients, and its place in the order of all and of its group. */
  class InitContext {
      #private;
      readonly syncClient: SyncClient;
      readonly netClient: NetworkClient;
      /** From 1, unique among all instances. */
      readonly globalSeq: number;
      /** From 1, unique among the instances of the group. */
      readonly groupSeq: number;
      private constructor();
      /** Connects, waits for the network, and claims the sequence numbers; in the order and words of the Go SDK. */
      static create(runenv: RunEnv): Promise<InitContext>;
      /** Waits until all instances are initialised. */
      waitAllInstancesInitialized(options?: SyncOptions): Promise<void>;
      /** Waits until all instances of the group are initialised. */
      waitGroupInstancesInitialized(options?: SyncOptions): Promise<void>;
  }
  /** What happens to packets: they pass, are refused, or vanish. */
  const filterActions: {
      readonly accept: 0;
      readonly reject: 1;
      readonly drop: 2;
  };
  /** How traffic is shaped. Percentages are 0 to 100; what is left out is 0. */
  interface LinkShape {
      /** Milliseconds. */
      readonly latency?: number;
      /** Milliseconds. */
      readonly jitter?: number;
      /** Bytes a second. */
      readonly bandwidth?: number;
      readonly filter?: (typeof filterActions)[keyof typeof filterActions];
      readonly loss?: number;
      readonly corrupt?: number;
      readonly corruptCorr?: number;
      readonly reorder?: number;
      readonly reorderCorr?: number;
      readonly duplicate?: number;
      readonly duplicateCorr?: number;
  }
  interface NetworkConfig {
      /** The network's name; `default` for the data network. */
      readonly network: string;
      /** An address with its prefix, as `16.0.1.2/16`. */
      readonly IPv4?: string;
      readonly IPv6?: string;
      readonly enable: boolean;
      readonly default?: LinkShape;
      readonly rules?: readonly (LinkShape & {
          readonly subnet: string;
      })[];
      /** The state that the sidecar enters once this is done. */
      readonly callbackState: string;
      /** How many entries to wait for; all instances where it is left out. */
      readonly callbackTarget?: number;
      readonly routingPolicy?: 'allow_all' | 'deny_all';
  }
  /** Asks the sidecar, where there is one, to configure this instance's network. */
  class NetworkClient {
      #private;
      constructor(sync: SyncClient, runenv: RunEnv);
      /** Waits until the network of every instance is there; at once without a sidecar. */
      waitNetworkInitialized(options?: SyncOptions): Promise<void>;
      /**
       * Asks for a network configuration and waits until it is in force. Without a sidecar nothing is shaped: that is
       * recorded, and the plan goes on.
       */
      configureNetwork(config: NetworkConfig, options?: SyncOptions): Promise<void>;
      /** This instance's address on the data network; a loopback one without a sidecar. */
      getDataNetworkIP(): string;
  }
  /** Publishes events for others to see: the sync client does, once there is one. */
  interface EventSignaller {
      signalEvent(event: Event): Promise<void>;
  }
  /** The run environment of an instance: who it is, its parameters, and where it records what happens. */
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
       * The source of chance of this instance: the same run seed (`tg run … --seed`) gives it the same numbers again. Without a
       * seed they are by chance.
       */
      get random(): Random;
      /** Metrics that are the result of the test: points at once, the others every second, into results.out. */
      R(): Metrics;
      /** Metrics that tell how an instance fares: every five seconds, into diagnostics.out. */
      D(): Metrics;
      /** Records a message; with more arguments, `message` is a format as of util.format. */
      recordMessage(message: string, ...args: readonly unknown[]): void;
      recordStart(): void;
      recordSuccess(): void;
      recordFailure(error: unknown): void;
      recordCrash(error: unknown): void;
      recordStageStart(name: string): void;
      recordStageEnd(name: string): void;
      /** From now on, events are published too. */
      attachSignaller(signaller: EventSignaller): void;
      /** Writes the last metrics and waits until every event has been published, or could not be. */
      close(): Promise<void>;
  }
  /** An event in the form now in use: one key. */
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
   * Prints an event as a line of run.out. tg captures stdout, so that nothing is written twice.
   * The form is the Go SDK's: `{"ts":…,"msg":"","group_id":…,"run_id":…,"event":{…}}`.
   */
  function printEvent(event: Event, group: string, run: string): void;
  /**
   * A set of metrics and the file they are written to, as JSON lines `{"ts":…,"type":…,"name":…,"measures":{…}}`.
   * Points are written as they are recorded; the others at each interval and once more at the end.
   */
  class Metrics {
      #private;
      /** @param outputs the folder of the file; an empty one (outside a run) writes nothing. */
      constructor(outputs: string, name: string, everyMs: number);
      /** Writes one value, now. */
      recordPoint(name: string, value: number): void;
      /** Counts; the count starts again after each time it was written. */
      counter(name: string): Counter;
      /** Holds the last value. */
      gauge(name: string): Gauge;
      /** The value that a function gives each time it is written. */
      gaugeF(name: string, read: () => number): Gauge;
      /** The distribution of values, from a uniform sample of at most `reservoir` of them. */
      histogram(name: string, reservoir?: number): Histogram;
      /** Rates of events a second: over the last minute, 5 and 15 minutes, and since the beginning. */
      meter(name: string): Meter;
      /** The distribution of durations, and their rates. */
      timer(name: string): Timer;
      /** An exponentially weighted moving average of events a second. */
      ewma(name: string, alpha: number): Ewma;
      /** Changes how often metrics are written, in milliseconds. */
      setFrequency(everyMs: number): void;
      /** Writes all metrics once more and stops. */
      close(): void;
  }
  /** Something that measures. The names of types and measures are those of the Go SDK (runtime/metrics_types.go). */
  interface Instrument {
      readonly type: 'counter' | 'ewma' | 'gauge' | 'histogram' | 'meter' | 'timer';
      measures(): Record<string, number>;
  }
  class Counter implements Instrument {
      #private;
      readonly type = "counter";
      inc(by?: number): void;
      dec(by?: number): void;
      /** As the Go SDK's: a count is that since it was last written. */
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
      /** Every value has the same chance to be in the sample (Vitter's algorithm R); the least, the most and the mean are of all. */
      update(value: number): void;
      measures(): Record<string, number>;
  }
  class Ewma implements Instrument {
      #private;
      readonly type = "ewma";
      constructor(alpha: number);
      update(count: number): void;
      /** Events a second. */
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
      /** @param ns a duration in nanoseconds, as the Go SDK measures. */
      update(ns: number): void;
      /** Measures how long some work takes. */
      time<T>(work: () => Promise<T> | T): Promise<T>;
      measures(): Record<string, number>;
  }
  /** A parameter that is not set, or is not of the type that the plan reads it as. */
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
      /** Whether it has a value: what nobody gave one, and the manifest no default, is carried as `null`. */
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
      /** A JSON value; the plan answers for its type. */
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
  /** Chance that can be repeated: the same seed gives the same numbers, in the same order. */
  class Random {
      #private;
      /** @param seed a whole number; 64 bits of it count. */
      constructor(seed: bigint);
      /** A number from 0 to 1, without 1. */
      next(): number;
      /** A whole number from `min` to `max`, both included. @throws RangeError for bounds that are none. */
      int(min: number, max: number): number;
      /** One of the values. @throws RangeError where there is none. */
      pick<Value>(values: readonly Value[]): Value;
      /** The values in another order. */
      shuffle<Value>(values: readonly Value[]): Value[];
  }
  /** What the run environment tells an instance. */
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
      /** An absolute folder; what is written there is collected. Empty outside a run. */
      readonly testOutputsPath: string;
      /** An absolute folder that goes with the run. Empty outside a run. */
      readonly testTempPath: string;
      readonly testSubnet: string;
      readonly testSidecar: boolean;
      readonly testDisableMetrics: boolean;
      /** RFC 3339. */
      readonly testStartTime: string;
      readonly testRepo: string;
      readonly testBranch: string;
      readonly testTag: string;
      /** The instance’s own seed, a decimal number; empty outside a run, and with another runner. */
      readonly testSeed: string;
  }
  /** Reads the run environment from variables. */
  function parseRunParams(env: Readonly<Record<string, string | undefined>>): RunParams;
  /** The run environment as the start event holds it. */
  function startEventOf(params: RunParams): Record<string, unknown>;
  /** What scopes the keys of this run in the sync service. */
  function scopeOf({ testRun, testPlan, testCase }: RunParams): Scope;
  /**
   * The sync service's wire types and keys: one truth for server and SDK.
   * As testground/sync-service (types.go) and sdk-go (sync/types.go) define them.
   */
  /** A client's request: an id and exactly one of the operations, or `is_cancel` with the id of an earlier one. */
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
  /** The answer to a request. A satisfied barrier has an empty error and nothing else. */
  interface Response {
      id: string;
      error: string;
      publish: {
          seq: number;
      } | null;
      /** One message of a topic, as JSON text; empty in other answers. */
      subscribe: string;
      signal_entry: {
          seq: number;
      } | null;
  }
  /** What scopes a key: the run, its plan and its test case. */
  interface Scope {
      readonly run: string;
      readonly plan: string;
      readonly testCase: string;
  }
  /** What all keys of a run begin with. */
  function runPrefix(run: string): string;
  function stateKey(scope: Scope, state: string): string;
  function topicKey(scope: Scope, topic: string): string;
  /** What a plan calls the state of a key. */
  function nameOfState(key: string): string;
  /** What a plan calls the topic of a key. */
  function nameOfTopic(key: string): string;
  /** How the key of the topic ends on which every SDK publishes its start, stage and end events. */
  const runEventsName = ":run_events";
  /** That key. */
  function runEventsKey(scope: Scope): string;
  /** Whether a key has the form of a run's: of a state, of a topic, or of the events that SDKs publish. */
  function isRunKey(key: string): boolean;
  /** The largest payload that the service takes, in bytes. (The Go client refuses to read more than 32 KiB.) */
  const maxPayloadBytes: number;
  /** Whoever sends a larger frame than this, in bytes, is cut off; below it there is an answer that says why not. */
  const maxFrameBytes: number;
  const defaultHost = "testground-sync-service";
  const defaultPort = "5050";
  /**
   * How `tg sync` names itself in a WebSocket handshake (User-Agent): it is a tool of scripts, and no SDK. A script that uses it says
   * by its exit status whether it passed.
   */
  const scriptAgent = "tg-sync";
  /** What every operation of the client takes: a signal that gives it up. */
  interface SyncOptions {
      readonly signal?: AbortSignal;
  }
  /** A client of the sync service, bound to one run: its states, barriers and topics are those of all its instances. */
  class SyncClient {
      #private;
      private constructor();
      /** Connects to the service that the environment names (SYNC_SERVICE_HOST and SYNC_SERVICE_PORT). */
      static connect(runenv: RunEnv, { signal }?: SyncOptions): Promise<SyncClient>;
      /** Enters a state. @returns the sequence number of this entry, from 1. */
      signalEntry(state: string, { signal }?: SyncOptions): Promise<number>;
      /** Waits until at least `target` entries into a state have been signalled. */
      barrier(state: string, target: number, { signal }?: SyncOptions): Promise<void>;
      /** Enters a state and waits until `target` entries have been signalled. @returns the sequence number. */
      signalAndWait(state: string, target: number, options?: SyncOptions): Promise<number>;
      /** Publishes a value that JSON can carry. @returns the sequence number of this message, from 1. */
      publish(topic: string, payload: unknown, { signal }?: SyncOptions): Promise<number>;
      /**
       * All messages of a topic from the first, then those that follow, in order. Leaving the loop ends the subscription;
       * so does the signal, with its reason. The plan answers for the type of what it publishes.
       */
      subscribe<T = unknown>(topic: string, { signal }?: SyncOptions): AsyncGenerator<T, void>;
      /** Publishes, then subscribes to the same topic. */
      publishSubscribe<T>(topic: string, payload: T, options?: SyncOptions): Promise<{
          readonly seq: number;
          readonly messages: AsyncGenerator<T, void>;
      }>;
      /** Publishes, then waits until `target` entries into a state have been signalled. @returns the message's number. */
      publishAndWait(topic: string, payload: unknown, state: string, target: number, options?: SyncOptions): Promise<number>;
      /** Publishes an event on the run's own topic. */
      signalEvent(event: Event): Promise<void>;
      close(): Promise<void>;
  }
  /** A test case that needs nothing but its run environment. */
  type TestCase = (runenv: RunEnv) => Promise<void> | void;
  /** A test case that wants to be initialised first: it takes two parameters. */
  type InitializedTestCase = (runenv: RunEnv, initContext: InitContext) => Promise<void> | void;
  /**
   * Runs the test case that the environment names, as `invoke` does.
   * A name that is not in the map is a failure.
   */
  function invokeMap(cases: Readonly<Record<string, TestCase | InitializedTestCase>>): Promise<never>;
  /**
   * Runs a test case and reports how it ended: success when it returns, failure when it throws. An error that nobody
   * catches (in a callback, or a promise that nobody waits for) is a crash. Then the process exits: 0, 1 or 2.
   */
  function invoke(testCase: TestCase | InitializedTestCase): Promise<never>;
  export { Counter, Ewma, Gauge, Histogram, InitContext, InitializedTestCase, LinkShape, Meter, Metrics, NetworkClient, NetworkConfig, ParamError, Random, RunEnv, RunParams, SyncClient, SyncOptions, TestCase, Timer, filterActions, invoke, invokeMap };
}
