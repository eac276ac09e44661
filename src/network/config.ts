import * as z from 'zod';
import { truncate } from '../util/truncate.ts';

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
/** The network configuration that a plan requests. */
export type NetworkConfig = z.output<typeof configSchema>;

/** A request of an instance for its network, as read from its message. */
export interface NetworkRequest {
  /** The state to signal once the configuration is applied; empty for none. */
  readonly callbackState: string;
  /** Undefined if the message is not a valid configuration. */
  readonly config: NetworkConfig | undefined;
  /** What is wrong with an invalid configuration, as text. */
  readonly problem: string;
}

/** Reads the message with which an instance configures its network. */
export function readNetworkRequest(payload: string): NetworkRequest {
  let json: unknown;
  try {
    json = withTodaysNames(JSON.parse(payload));
  } catch {
    const problem = `unreadable configuration: ${truncate(payload, 200)}`;
    return { callbackState: '', config: undefined, problem };
  }
  const callbackState =
    z.looseObject({ callback_state: z.string() }).safeParse(json).data?.callback_state ?? '';
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return { callbackState, config: parsed.data, problem: '' };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the message'} (${message})`,
  );
  return { callbackState, config: undefined, problem: `invalid configuration: ${problems.join(', ')}` };
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
    // As for Testground's sidecar, the network is taken away then.
    ...(enable === undefined || enable === null ? ['disable the network: enable is not given'] : []),
    ...(network && network !== 'default' ? [`network "${network}"`] : []),
    ...(config.IPv4 ? ['an IPv4 address of its own'] : []),
    ...(config.IPv6 ? ['an IPv6 address of its own'] : []),
    ...settingsOf(config.default),
    ...(routing && routing !== 'allow_all' ? [`routing_policy ${routing}`] : []),
  ];
  for (const rule of config.rules ?? []) {
    const parts = settingsOf(rule);
    if (parts.length > 0) asked.push(`for ${JSON.stringify(rule.subnet ?? '')}: ${parts.join(', ')}`);
  }
  return asked;
}

const filters: Readonly<Record<number, string>> = { 1: 'reject', 2: 'drop' };

function settingsOf(shape: z.output<typeof shapeSchema> | null | undefined): string[] {
  if (!shape) return [];
  const { latency, jitter, bandwidth, filter, loss, corrupt, reorder, duplicate } = shape;
  const percent = { loss, corrupt, reorder, duplicate };
  return [
    ...(latency === 0 ? [] : [`latency ${latency / 1e6}ms`]),
    ...(jitter === 0 ? [] : [`jitter ${jitter / 1e6}ms`]),
    ...(bandwidth === 0 ? [] : [`bandwidth ${bandwidth} bit/s`]),
    ...(filter === 0 ? [] : [`filter ${filters[filter] ?? filter}`]),
    ...Object.entries(percent).flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}%`])),
  ];
}
