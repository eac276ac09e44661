import type { SyncChoice } from '../../sync/open.ts';
import { readRedisUrl } from '../../sync/redis-url.ts';
import { allOf, refuse, TgError } from '../../util/errors.ts';
import { redactUrls } from '../../util/redact-url.ts';
import { parseGoDuration } from '../../values/go-duration.ts';
import { toJson } from '../../values/json.ts';
import { parseSize } from '../../values/size.ts';
import type { RunConfig, SidecarMode, UnappliedPolicy } from '../run-spec.ts';
import type { Found, Layer } from './layered-config.ts';
import { type LeftOut, leftOutOf } from './left-out.ts';
import type { RunnerInfo } from './runner-info.ts';

/** A resolved run configuration, and the problems of its sources. */
export interface ResolvedRunConfig extends Omit<LeftOut, 'refused'> {
  readonly config: RunConfig;
  readonly found: ReadonlyMap<string, Found<unknown>>;
}

/** The context in which run configuration is read. */
export interface RunConfigOf {
  /** Undefined for configuration without a runner, a sync service alone, and for one that is only described. */
  readonly runner: RunnerInfo | undefined;
  /** The ID of the runner, also of one that is only described. */
  readonly id?: string | undefined;
  /** The requested Docker name, if any. */
  readonly standsFor?: string | undefined;
  /** How unknown keys in flags are handled; default: refused. */
  readonly unknownFlags?: 'refuse' | 'tell' | undefined;
  /** Whether doubtful values are refused; otherwise they are warnings. */
  readonly strict?: boolean | undefined;
}

/** The host and port of a server, which may be printed and stored; the full URL may hold a password or a token. */
export function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).host;
}

/** The keys of run configuration that every runner has. */
const commonKeys: readonly string[] = [
  ...['timeout', 'stall_after', 'max_output', 'sync', 'redis', 'sidecar', 'unapplied', 'influxdb', 'otlp'],
];

/** All keys of run configuration with a runner. */
export function runConfigKeysOf(runner: RunnerInfo | undefined): readonly string[] {
  return [...commonKeys, ...(runner?.configKeys ?? [])];
}
const defaultStallAfterMs = 30_000;
const sidecarModes: readonly SidecarMode[] = ['none', 'noop', 'apply'];

/**
 * Resolves the run configuration from its sources, weakest first (home, manifest, flags). Unknown keys are left out
 * with a note.
 * @param redisFromEnv the value of TG_REDIS_URL: the address used if a Redis is requested.
 * @throws TgError (usage) for an invalid value, naming its source, and for an unknown flag.
 */
export function resolveRunConfig(
  sources: readonly Layer[],
  redisFromEnv: string | undefined,
  { runner, id = runner?.id, standsFor, unknownFlags, strict }: RunConfigOf = { runner: undefined },
): ResolvedRunConfig {
  const known = runConfigKeysOf(runner);
  const found = new Map<string, Found<unknown>>();
  const origins = sources.flatMap(({ where, values }) =>
    Object.keys(values).map((key) => [key, where] as const),
  );
  const names = [...(id === undefined ? [] : [id]), ...Object.keys(runner?.replaces ?? {})];
  const of = { kind: 'runner', id: id ?? 'tg', names, known, standsFor } as const;
  const leftOut = leftOutOf(origins, of, unknownFlags);
  const sidecarSource = sources.findLast(({ values }) => 'sidecar' in values);
  for (const source of sources) {
    const { where, values } = source;
    for (const [key, value] of Object.entries(values)) {
      if (!known.includes(key)) continue;
      found.set(key, { value, where });
      // A source that names a Redis requests it, unless it also names a store.
      if (key === 'redis' && !('sync' in values)) found.set('sync', { value: 'redis', where });
      if (key === 'sync' && value !== 'redis') found.delete('redis');
      // `strict` names the policy too, unless a stronger source has another sidecar.
      if (key === 'sidecar' && value === strictly && source === sidecarSource && !('unapplied' in values))
        found.set('unapplied', { value: 'fail', where });
    }
  }
  checkNetwork(sources, runner);
  const own = runner?.readConfig(found) ?? { values: {}, doubts: [] };
  const doubts = [...leftOut.doubts, ...own.doubts];
  const [timeoutMs, stallAfterMs, maxOutput, sync, sidecar, unapplied, influxdb, otlp] = allOf([
    () => timeoutOf(found.get('timeout')),
    () => stallAfterOf(found.get('stall_after')),
    () => maxOutputOf(found.get('max_output')),
    () => syncOf(found.get('sync'), found.get('redis'), redisFromEnv),
    () => sidecarOf(found.get('sidecar'), runner),
    () => unappliedOf(found.get('unapplied'), found.get('sidecar'), runner),
    () => influxdbOf(found.get('influxdb')),
    () => otlpOf(found.get('otlp')),
    () => refuse([...leftOut.refused, ...(strict ? doubts : [])]),
  ]);
  return {
    config: {
      timeoutMs,
      stallAfterMs,
      maxOutput,
      sync,
      sidecar,
      unapplied,
      influxdb,
      otlp,
      runner: own.values,
    },
    found,
    notes: leftOut.notes,
    doubts,
  };
}

/** The keys of runners that shape networks, and what each is, as text. */
const networkKeys = {
  network: 'the one that is declared',
  net: 'a link',
  pcap: 'recording packets',
  engine: 'an engine',
  fidelity: 'fidelity',
} as const;

/** @throws TgError (usage) if something of networks is asked of a runner that shapes none. */
function checkNetwork(sources: readonly Layer[], runner: RunnerInfo | undefined): void {
  if (runner?.shapesNetworks !== false) return;
  for (const [key, what] of Object.entries(networkKeys)) {
    const where = sources.findLast(({ values }) => key in values)?.where;
    if (where === undefined) continue;
    throw new TgError('usage', `${runner.id} shapes no networks: ${what} would not be applied`, {
      where,
      hint: 'Choose --runner local:netns.',
    });
  }
}

type Maybe = Found<unknown> | undefined;

function timeoutOf(found: Maybe): number | undefined {
  if (found === undefined) return undefined;
  const ms = durationOf(found, 'the timeout');
  if (ms > 0) return ms;
  throw new TgError('usage', `the timeout must be positive, not ${formatted(found.value)}`, {
    where: found.where,
    hint: 'Leave it out for no timeout.',
  });
}

function stallAfterOf(found: Maybe): number {
  if (found === undefined) return defaultStallAfterMs;
  const ms = durationOf(found, 'stall_after');
  if (ms >= 0) return ms;
  throw new TgError('usage', `stall_after must not be negative, not ${formatted(found.value)}`, {
    where: found.where,
    hint: 'Write 0s to switch it off.',
  });
}

function maxOutputOf(found: Maybe): number | undefined {
  if (found === undefined) return undefined;
  const bytes = typeof found.value === 'string' ? parseSize(found.value) : undefined;
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new TgError('usage', `max_output must be a positive size, not ${formatted(found.value)}`, {
    where: found.where,
    hint: 'For instance 500MB or 2GiB.',
  });
}

function durationOf({ value, where }: Found<unknown>, what: string): number {
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  if (ms !== undefined) return ms;
  throw new TgError('usage', `${what} must be a duration with a unit, not ${formatted(value)}`, {
    where,
    hint: 'For instance 90s, 10m or 1h30m.',
  });
}

function syncOf(store: Maybe, url: Maybe, redisFromEnv: string | undefined): SyncChoice {
  const name = store?.value ?? 'memory';
  if (name === 'memory') return { store: 'memory' };
  if (name !== 'redis') {
    throw new TgError('usage', `unknown sync store ${formatted(name)}`, {
      where: store?.where,
      hint: 'Choose memory or redis.',
    });
  }
  if (url !== undefined) return { store: 'redis', url: redisUrl(url.value, url.where) };
  return { store: 'redis', url: redisFromEnv ? redisUrl(redisFromEnv, 'TG_REDIS_URL') : undefined };
}

function redisUrl(value: unknown, where: string): string {
  const url = typeof value === 'string' ? value : '';
  readRedisUrl(url, where);
  return url;
}

/** `strict` is the earlier spelling of `noop`, or `apply` where networks are shaped, with `unapplied = "fail"`. */
const strictly = 'strict';

function sidecarOf(found: Maybe, runner: RunnerInfo | undefined): SidecarMode | undefined {
  if (found?.value === strictly) return runner?.shapesNetworks === true ? 'apply' : 'noop';
  const mode = sidecarModes.find((known) => known === found?.value);
  if (found !== undefined && mode === 'apply' && runner?.shapesNetworks === false)
    throw new TgError('usage', `${runner.id} shapes no networks`, {
      where: found.where,
      hint: 'Choose --runner local:netns, or the sidecar noop, which reports what is not applied.',
    });
  if (found !== undefined && mode === 'none' && runner?.shapesNetworks === true)
    throw new TgError(
      'usage',
      `${runner.id} gives instances networks, which sidecar=none would hide from them`,
      {
        where: found.where,
        hint: 'Choose noop, which applies nothing that instances ask for.',
      },
    );
  if (found === undefined || mode !== undefined) return mode;
  throw new TgError('usage', `unknown sidecar ${formatted(found.value)}`, {
    where: found.where,
    hint: 'Choose none, noop (acknowledges requests and reports what was not applied), strict (fails the run instead), or apply where the runner shapes networks.',
  });
}

/** Where networks are shaped, a request that is not applied is an error; elsewhere all of them are. */
function unappliedOf(found: Maybe, sidecar: Maybe, runner: RunnerInfo | undefined): UnappliedPolicy {
  const isShaped = runner?.shapesNetworks === true && sidecar?.value !== 'noop';
  if (found === undefined) return isShaped ? 'fail' : 'report';
  if (found.value === 'report' || found.value === 'fail') return found.value;
  throw new TgError('usage', `unknown value of unapplied ${formatted(found.value)}`, {
    where: found.where,
    hint: 'Choose report, or fail: the run fails if a network setting was not applied.',
  });
}

function influxdbOf(found: Maybe): string | undefined {
  return httpUrlOf(
    found,
    'an InfluxDB',
    'For instance http://127.0.0.1:8086, or https://user:password@host:port.',
  );
}

function otlpOf(found: Maybe): string | undefined {
  return httpUrlOf(
    found,
    'an OpenTelemetry collector',
    'For instance http://127.0.0.1:4318; headers come from OTEL_EXPORTER_OTLP_HEADERS.',
  );
}

/** Parses a URL. Messages do not quote it, since it may hold a password. */
function httpUrlOf(found: Maybe, of: string, hint: string): string | undefined {
  if (found === undefined) return undefined;
  const { value, where } = found;
  if (!isHttpUrl(value)) throw new TgError('usage', `not the URL of ${of}`, { where, hint });
  // The parser would take the text before the / for the host, which is shown.
  if (value.replace(/^https?:\/\/[^/?#\\]*/i, '').includes('@'))
    throw new TgError('usage', `the URL of ${of} has an @ after its host`, {
      where,
      hint: 'In the user and the password, write %2F for /, %3F for ?, %23 for # and %40 for @; elsewhere, write %40 for @.',
    });
  return value;
}

function isHttpUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

/** Formats a value, with credentials in URLs redacted. */
function formatted(value: unknown): string {
  return redactUrls(toJson(value) ?? String(value));
}
