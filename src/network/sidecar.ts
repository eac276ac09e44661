import { setMaxListeners } from 'node:events';
import { nowMs } from '../os/clock.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import type { UnappliedPolicy } from '../plan/run-spec.ts';
import { messages } from '../sync/messages.ts';
import { type Scope, stateKey, topicKey } from '../sync/protocol.ts';
import type { SyncStore } from '../sync/store.ts';
import { messageOf } from '../util/errors.ts';
import type { NetworkBackend } from './backend.ts';
import { type NetworkConfig, readNetworkRequest } from './config.ts';
import { settingsIn } from './settings-text.ts';

/** An instance whose network requests are answered. */
export interface SidecarClient {
  /** The name under which it sends them: SDKs name their topic after the hostname, or HOSTNAME. */
  readonly hostname: string;
  /** Undefined for a hostname that several instances share. */
  readonly instance: InstanceId | undefined;
  readonly backend: NetworkBackend;
}

/** The answer to a network request. */
export interface NetworkAnswer {
  readonly instance: InstanceId | undefined;
  /** The settings that were applied, as text; empty for a plain network. */
  readonly applied: readonly string[];
  /** The settings that were not applied, as text. */
  readonly notApplied: readonly string[];
  /** Whether the run fails because of them. */
  readonly refused: boolean;
  /** How long applying it took, in ms. */
  readonly tookMs: number;
}

export interface SidecarOptions {
  readonly store: SyncStore;
  readonly scope: Scope;
  readonly unapplied: UnappliedPolicy;
  /** All instances of the run: plans wait until each of their networks is ready, with or without a sidecar. */
  readonly instances: readonly InstanceId[];
  readonly clients: readonly SidecarClient[];
  readonly onAnswer: (answer: NetworkAnswer) => void;
  /** Called if a network cannot be made ready: plans would wait for it forever. */
  readonly onUnready: (why: string) => void;
  /** Called if requests are no longer answered. */
  readonly onProblem: (problem: string) => void;
}

/** A running sidecar. Disposing of it stops it. */
export interface Sidecar extends AsyncDisposable {
  /** Resolves when the network of every instance is ready, or cannot be made ready. */
  readonly ready: Promise<void>;
}

/**
 * Starts the sidecar of a run. For each instance: makes its network ready and signals `network-initialized`. For each
 * request: reads the configuration, applies it through the backend and signals the callback state.
 * @see github.com/testground/testground, pkg/sidecar
 */
export function startSidecar(options: SidecarOptions): Sidecar {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const { clients, instances } = options;
  const backends = new Map(
    clients.flatMap(({ instance, backend }) =>
      instance === undefined ? [] : [[instanceTag(instance), backend]],
    ),
  );
  const initialized = clients.length === 0 ? [] : instances;
  const ready = Promise.all(
    initialized.map((instance) =>
      initialize(instance, backends.get(instanceTag(instance)), options, ending.signal),
    ),
  );
  const serving = clients.map((client) => serve(client, options, ending.signal));
  return {
    ready: ready.then(() => {}),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all([ready, ...serving]);
    },
  };
}

async function initialize(
  instance: InstanceId,
  backend: NetworkBackend | undefined,
  { store, scope, onUnready }: SidecarOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Plans wait for the networks of all instances, with or without a sidecar.
    await backend?.initialize(instance, signal);
    await store.signalEntry(stateKey(scope, 'network-initialized'));
  } catch (error) {
    // The loss of the store stops the run by itself.
    if (store.lost.aborted || signal.aborted) return;
    onUnready(`the network of ${instanceTag(instance)} is not ready: ${messageOf(error)}`);
  }
}

async function serve(client: SidecarClient, options: SidecarOptions, signal: AbortSignal): Promise<void> {
  const { store, scope, onProblem } = options;
  try {
    const topic = topicKey(scope, `network:${client.hostname}`);
    for await (const batch of messages(store, topic, signal)) {
      for (const payload of batch) await answer(client, payload, options, signal);
    }
  } catch (error) {
    // The loss of the store stops the run by itself.
    if (!store.lost.aborted && !signal.aborted)
      onProblem(`the sidecar has stopped answering: ${messageOf(error)}`);
  }
}

/** Answers one request. A request that the policy refuses gets no callback: the run is failing. */
async function answer(
  { instance, backend }: SidecarClient,
  payload: string,
  { store, scope, unapplied, onAnswer }: SidecarOptions,
  signal: AbortSignal,
): Promise<void> {
  const { callbackState, config, problem } = readNetworkRequest(payload);
  const began = nowMs();
  const notApplied = config === undefined ? [problem] : await apply(backend, instance, config, signal);
  const refused = unapplied === 'fail' && notApplied.length > 0;
  const applied = config === undefined || notApplied.length > 0 ? [] : settingsIn(config);
  onAnswer({ instance, applied, notApplied, refused, tookMs: nowMs() - began });
  if (!refused && callbackState) await store.signalEntry(stateKey(scope, callbackState));
}

/** A backend that fails has applied nothing for certain. */
async function apply(
  backend: NetworkBackend,
  instance: InstanceId | undefined,
  config: NetworkConfig,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await backend.apply(instance, config, signal);
  } catch (error) {
    return [`the configuration: ${messageOf(error)}`];
  }
}
