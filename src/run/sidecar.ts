import { hostname } from 'node:os';
import * as z from 'zod';
import type { RunSpec, SidecarMode } from '../plan/run-spec.ts';
import { type Scope, stateKey, topicKey } from '../sync/protocol.ts';
import type { SyncStore } from '../sync/store.ts';
import { messages } from '../sync/waits.ts';
import { messageOf } from '../util/errors.ts';
import { truncate } from '../util/truncate.ts';
import type { Emit } from './events/events.ts';
import { hostnameOf } from './instance/environment.ts';
import type { InstanceId } from './instance/instance-id.ts';

/** The message with which a plan configures its network, like network.Config of sdk-go. */
const amount = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const shapeSchema = z.looseObject({
  latency: amount,
  jitter: amount,
  bandwidth: amount,
  filter: amount,
  loss: amount,
  corrupt: amount,
  reorder: amount,
  duplicate: amount,
});
const configSchema = z.looseObject({
  network: z.string().nullish(),
  IPv4: z.unknown().optional(),
  IPv6: z.unknown().optional(),
  enable: z.boolean().nullish(),
  default: shapeSchema.nullish(),
  rules: z.array(z.looseObject({ subnet: z.unknown().optional() }).and(shapeSchema)).nullish(),
  callback_state: z.string().nullish(),
  routing_policy: z.string().nullish(),
});
export type NetworkConfig = z.output<typeof configSchema>;

export interface SidecarContext {
  readonly spec: RunSpec;
  readonly store: SyncStore;
  readonly emit: Emit;
  /** Stops the sidecar. */
  readonly signal: AbortSignal;
  /** Stops the run, with the reason. */
  readonly refuse: (why: string) => void;
}

/**
 * Starts a sidecar that does not shape the network: it signals that every instance's network is ready and answers
 * every configuration. Settings that it does not apply are reported as an event, and stop the run if the group's
 * sidecar is strict.
 * @returns once every network is signalled as ready, with a promise to await after the signal has aborted.
 */
export async function startSidecar(context: SidecarContext): Promise<{ readonly ended: Promise<void> }> {
  const { spec, store } = context;
  const modes = spec.groups.map(({ sidecar }) => sidecar).filter((mode) => mode !== 'none');
  if (modes.length === 0) return { ended: Promise.resolve() };
  const scope: Scope = { run: spec.runId, plan: spec.plan.name, testCase: spec.testCase };
  for (let instance = 0; instance < spec.totalInstances; instance++)
    await store.signalEntry(stateKey(scope, 'network-initialized'));
  const strictest = modes.includes('strict') ? 'strict' : 'noop';
  const serving = callers(spec).map(({ host, instance, mode }) =>
    serve({ ...context, scope, host, instance, mode: mode ?? strictest }),
  );
  return { ended: Promise.all(serving).then(() => {}) };
}

interface Caller {
  readonly host: string;
  /** Undefined for this machine's hostname, which the Go and JavaScript SDKs use in all instances. */
  readonly instance: InstanceId | undefined;
  readonly mode: SidecarMode | undefined;
}

/** The names under which instances send configurations: SDKs name their topic after the hostname or HOSTNAME. */
function callers(spec: RunSpec): Caller[] {
  const named = spec.groups
    .filter(({ sidecar }) => sidecar !== 'none')
    .flatMap(({ id, instances, sidecar }) =>
      Array.from({ length: instances }, (_, index): Caller => {
        const instance = { group: id, index };
        return { host: hostnameOf(spec.runId, instance), instance, mode: sidecar };
      }),
    );
  return [...named, { host: hostname(), instance: undefined, mode: undefined }];
}

interface Serving extends SidecarContext, Caller {
  readonly scope: Scope;
}

async function serve(context: Serving): Promise<void> {
  const { store, signal, scope, host, emit } = context;
  try {
    for await (const batch of messages(store, topicKey(scope, `network:${host}`), signal)) {
      for (const payload of batch) await answer(context, payload);
    }
  } catch (error) {
    // The loss of the store stops the run by itself.
    if (!store.lost.aborted && !signal.aborted)
      emit({ type: 'notice', level: 'WARN', text: `the sidecar has stopped answering: ${messageOf(error)}` });
  }
}

async function answer(
  { store, emit, refuse, scope, instance, mode }: Serving,
  payload: string,
): Promise<void> {
  const { callbackState, notApplied } = readConfig(payload);
  const refused = mode === 'strict' && notApplied.length > 0;
  emit({ type: 'network-configured', instance, notApplied, refused });
  if (refused) refuse(`tg does not apply these network settings: ${notApplied.join(', ')} (sidecar=strict)`);
  else if (callbackState) await store.signalEntry(stateKey(scope, callbackState));
}

/** Parses a configuration. An invalid one counts as an unsupported setting. */
function readConfig(payload: string): {
  readonly callbackState: string;
  readonly notApplied: readonly string[];
} {
  let json: unknown;
  try {
    json = withTodaysNames(JSON.parse(payload));
  } catch {
    return { callbackState: '', notApplied: [`unreadable configuration: ${truncate(payload, 200)}`] };
  }
  const callbackState =
    z.looseObject({ callback_state: z.string() }).safeParse(json).data?.callback_state ?? '';
  const config = configSchema.safeParse(json);
  if (config.success) return { callbackState, notApplied: shapingIn(config.data) };
  const problems = config.error.issues.map(({ path, message }) => `${path.join('.') || 'it'} (${message})`);
  return { callbackState, notApplied: [`invalid configuration: ${problems.join(', ')}`] };
}

/** Converts the names of SDKs before sdk-go 0.2.4, which use Go's: `Latency`, and `State` for callback_state. */
function withTodaysNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withTodaysNames);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [todaysName(name), withTodaysNames(inner)]),
  );
}

function todaysName(name: string): string {
  if (name === 'State') return 'callback_state';
  if (name.startsWith('IPv')) return name;
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** The settings of a configuration beyond a plain network, as text. */
export function shapingIn(config: NetworkConfig): string[] {
  const { enable, network, routing_policy: routing } = config;
  const asked = [
    ...(enable === false ? ['disable the network'] : []),
    ...(network && network !== 'default' ? [`network "${network}"`] : []),
    ...(config.IPv4 ? ['an IPv4 address of its own'] : []),
    ...(config.IPv6 ? ['an IPv6 address of its own'] : []),
    ...wordsFor(config.default),
    ...(routing === 'deny_all' ? ['routing_policy deny_all'] : []),
  ];
  for (const rule of config.rules ?? []) {
    const words = wordsFor(rule);
    if (words.length > 0) asked.push(`for ${JSON.stringify(rule.subnet ?? '')}: ${words.join(', ')}`);
  }
  return asked;
}

const filters: Readonly<Record<number, string>> = { 1: 'reject', 2: 'drop' };

function wordsFor(shape: z.output<typeof shapeSchema> | null | undefined): string[] {
  if (!shape) return [];
  const { latency, jitter, bandwidth, filter, loss, corrupt, reorder, duplicate } = shape;
  const percent = { loss, corrupt, reorder, duplicate };
  return [
    ...(latency === 0 ? [] : [`latency ${latency / 1e6}ms`]),
    ...(jitter === 0 ? [] : [`jitter ${jitter / 1e6}ms`]),
    ...(bandwidth === 0 ? [] : [`bandwidth ${bandwidth} B/s`]),
    ...(filter === 0 ? [] : [`filter ${filters[filter] ?? filter}`]),
    ...Object.entries(percent).flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}%`])),
  ];
}
