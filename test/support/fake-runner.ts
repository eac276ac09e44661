import { appendFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { NetworkBackend } from '../../src/network/backend.ts';
import { unshapedNetwork } from '../../src/network/unshaped-network.ts';
import { type InstanceId, instanceTag } from '../../src/plan/instance-id.ts';
import type { RunnerInfo } from '../../src/plan/resolve/runner-info.ts';
import type {
  Activity,
  ExitStatus,
  InstanceHandle,
  Launch,
  Placement,
  PlaceRequest,
  Runner,
  RunSetup,
  Session,
  StopOptions,
} from '../../src/runners/runner.ts';
import type { Address } from '../../src/sync/server/endpoint.ts';
import { deferred } from '../../src/util/deferred.ts';

/** A program of a fake instance: a function in this process. */
export type FakeProgram = (its: FakeInstance) => Promise<Partial<ExitStatus> | undefined>;

/** What the program of a fake instance can do. */
export interface FakeInstance {
  readonly instance: InstanceId;
  readonly env: Readonly<Record<string, string>>;
  print(line: string): void;
  printError(line: string): void;
  /** Prints an SDK event. */
  event(event: object): void;
  /** Sends one request to the sync service and returns the answer. */
  request(request: object): Promise<string>;
  /** Resolves when tg asks it to end. */
  readonly asked: Promise<StopOptions>;
}

/** How the fake runner behaves. */
export interface FakeOptions {
  /** By group. */
  readonly programs: Readonly<Record<string, FakeProgram>>;
  readonly network?: NetworkBackend;
  /** How the sync service tells callers apart; default: by port. */
  readonly identity?: 'port' | 'address' | 'token';
  readonly activity?: Activity;
  /** Instances, as `group[n]`, that cannot be started. */
  readonly unstartable?: readonly string[];
  readonly doubts?: readonly string[];
  readonly leftovers?: string;
  readonly cannotReap?: boolean;
}

/** A runner whose instances are objects in memory, and what it was asked to do. */
export interface FakeRunner extends Runner {
  readonly calls: string[];
  /** Loses the session, like a runner whose engine has exited. */
  lose(): void;
}

export const fakeInfo: RunnerInfo = {
  id: 'test:fake',
  accepts: ['image'],
  faults: [],
  replaces: {},
  enabledBy: [],
  configKeys: [],
  readConfig: () => ({ values: {}, doubts: [] }),
  startsManually: false,
  shapesNetworks: false,
  withoutResources: undefined,
};

const hostOfSync = 'sync.example';

/** Creates a runner without processes, containers or files of its own. */
export function fakeRunner(options: FakeOptions): FakeRunner {
  const lost = new AbortController();
  const calls: string[] = [];
  return {
    calls,
    lose: () => lost.abort(new Error('the engine has gone')),
    checks: () => [],
    leftovers: () => Promise.resolve(options.leftovers),
    endLeftovers: (runId) => {
      calls.push(`end leftovers of ${runId}`);
      return Promise.resolve(options.leftovers);
    },
    open: (setup) => {
      calls.push('open');
      return Promise.resolve(sessionOf(setup, options, calls, lost.signal));
    },
  };
}

function sessionOf(setup: RunSetup, options: FakeOptions, calls: string[], lost: AbortSignal): Session {
  const { identity = 'port' } = options;
  const hostnameOf = ({ group, index }: InstanceId) => `${setup.spec.runId}-${group}-${index}`;
  return {
    doubts: options.doubts ?? [],
    lost,
    processors: undefined,
    network: options.network ?? unshapedNetwork,
    sharedPort: identity === 'port' ? undefined : { by: identity },
    sharedHostname: undefined,
    hostnameOf,
    prepare: (artifacts) => {
      calls.push(`prepare ${[...artifacts.values()].map(({ kind }) => kind).join()}`);
      return Promise.resolve();
    },
    place: (request) => Promise.resolve(placeOf(request, options, calls, lost)),
    reap: () => {
      calls.push('reap');
      if (options.cannotReap) return Promise.reject(new Error('the engine does not answer'));
      return Promise.resolve(options.leftovers);
    },
    [Symbol.asyncDispose]: () => {
      calls.push('close');
      return Promise.resolve();
    },
  };
}

function placeOf(
  { instance }: PlaceRequest,
  options: FakeOptions,
  calls: string[],
  lost: AbortSignal,
): Placement {
  const tag = instanceTag(instance);
  const { identity = 'port' } = options;
  // All addresses of 127/8 belong to this machine: each instance calls from its own.
  const ownAddress = `127.0.7.${instance.index + 1}`;
  const token = `token-of-${tag}`;
  return {
    inside: { outputs: '/outputs', temp: '/temp', plan: '/plan' },
    subnet: '10.0.0.0/8',
    env: { defaults: { PATH: '/bin', WEAK: 'runner' }, overrides: { STRONG: 'runner' } },
    caller:
      identity === 'port'
        ? undefined
        : identity === 'address'
          ? { by: 'address', address: ownAddress }
          : { by: 'token', token },
    listenAt: () => undefined,
    reach: ({ port }: Address) => ({ host: hostOfSync, port }),
    start: (launch) => {
      if (options.unstartable?.includes(tag)) return Promise.reject(new Error('there is no such image'));
      calls.push(`start ${tag}`);
      return Promise.resolve(start(instance, launch, options, calls, lost, { ownAddress, token }));
    },
    [Symbol.asyncDispose]: () => {
      calls.push(`remove ${tag}`);
      return Promise.resolve();
    },
  };
}

function start(
  instance: InstanceId,
  { env, capture }: Launch,
  { programs, activity = 'idle' }: FakeOptions,
  calls: string[],
  lost: AbortSignal,
  caller: { readonly ownAddress: string; readonly token: string },
): InstanceHandle {
  const tag = instanceTag(instance);
  const killed = deferred<ExitStatus>();
  const asked = deferred<StopOptions>();
  const terminated = asked.promise.then((): ExitStatus => ({ code: null, signal: 'SIGTERM' }));
  const gone = new Promise<undefined>((resolve) => lost.addEventListener('abort', () => resolve(undefined)));
  const program = programs[instance.group];
  if (program === undefined) throw new Error(`no program for ${tag}`);
  const its: FakeInstance = {
    instance,
    env,
    print: (line) => appendFileSync(capture.stdout, `${line}\n`),
    printError: (line) => appendFileSync(capture.stderr, `${line}\n`),
    event: (event) =>
      appendFileSync(
        capture.stdout,
        `${JSON.stringify({ ts: 1, msg: '', group_id: instance.group, run_id: 'r', event })}\n`,
      ),
    request: (request) => exchange(env, caller, request),
    asked: asked.promise,
  };
  const ran = program(its).then((exit): ExitStatus => ({ code: 0, signal: null, ...exit }));
  return {
    ref: { kind: 'container', id: `c-${tag}` },
    exited: Promise.race([ran, terminated, killed.promise, gone]),
    flushed: Promise.resolve(undefined),
    isSuspended: () => false,
    activity: () => activity,
    usage: () => undefined,
    stop: (how) => {
      calls.push(`stop ${tag} ${JSON.stringify(how)}`);
      asked.resolve(how);
    },
    kill: () => {
      calls.push(`kill ${tag}`);
      killed.resolve({ code: null, signal: 'SIGKILL' });
    },
    reap: () => Promise.resolve(),
  };
}

/** Sends a request to the sync service in the environment, from the instance's own address and with its token. */
async function exchange(
  env: Readonly<Record<string, string>>,
  { ownAddress, token }: { readonly ownAddress: string; readonly token: string },
  request: object,
): Promise<string> {
  if (env['SYNC_SERVICE_HOST'] !== hostOfSync) throw new Error('this is not the host that it was given');
  const socket = new WebSocket(`ws://127.0.0.1:${env['SYNC_SERVICE_PORT']}`, {
    localAddress: ownAddress,
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  return await new Promise((resolve, reject) => {
    socket.once('open', () => socket.send(JSON.stringify({ id: '1', ...request })));
    socket.once('message', (data) => resolve(data.toString()));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
