import { describe, expect, test } from 'vitest';
import { hostOf, resolveRunConfig } from '../../src/plan/resolve/run-config.ts';

type Values = Readonly<Record<string, unknown>>;

function resolved(home: Values = {}, manifest: Values = {}, flags: Values = {}) {
  const sources = Object.entries({ home, manifest, '--run-cfg': flags });
  return resolveRunConfig(
    sources.map(([where, values]) => ({ where, values })),
    undefined,
  );
}

const defaults = {
  timeoutMs: undefined,
  stallAfterMs: 30_000,
  maxOutput: undefined,
  sync: { store: 'memory' },
  sidecar: undefined,
  unapplied: 'report',
  influxdb: undefined,
  otlp: undefined,
  runner: {},
};

describe('run configuration', () => {
  test.each<[Values, object]>([
    [{}, {}],
    [{ timeout: '1m30s' }, { timeoutMs: 90_000 }],
    [{ stall_after: '5s' }, { stallAfterMs: 5_000 }],
    [{ stall_after: '0s' }, { stallAfterMs: 0 }],
    [{ max_output: '2KiB' }, { maxOutput: 2_048 }],
    [{ max_output: '1B' }, { maxOutput: 1 }],
    [{ sidecar: 'none' }, { sidecar: 'none' }],
    [{ sidecar: 'noop' }, { sidecar: 'noop' }],
    [{ unapplied: 'fail' }, { unapplied: 'fail' }],
    [{ unapplied: 'report' }, { unapplied: 'report' }],
    [{ influxdb: 'http://u:p@h:8086/db' }, { influxdb: 'http://u:p@h:8086/db' }],
    [{ otlp: 'HTTPS://h' }, { otlp: 'HTTPS://h' }],
    // A Redis is requested by its address, unless the same source names a store, in any order.
    [{ redis: 'redis://h:1' }, { sync: { store: 'redis', url: 'redis://h:1' } }],
    [{ redis: 'redis://h:1', sync: 'memory' }, { sync: { store: 'memory' } }],
    [{ sync: 'memory', redis: 'redis://h:1' }, { sync: { store: 'memory' } }],
  ])('%j is read', (values, config) => {
    const { doubts, notes, ...its } = resolved(values);
    expect(its.config).toEqual({ ...defaults, ...config });
    expect([doubts, notes]).toEqual([[], []]);
  });

  test.each<[Values, string]>([
    [{ timeout: '0s' }, 'the timeout must be positive, not "0s"'],
    [{ timeout: '-1s' }, 'the timeout must be positive, not "-1s"'],
    [{ timeout: '10' }, 'the timeout must be a duration with a unit, not "10"'],
    [{ stall_after: '-1s' }, 'stall_after must not be negative, not "-1s"'],
    [{ stall_after: 0 }, 'stall_after must be a duration with a unit, not 0'],
    [{ max_output: '0' }, 'max_output must be a positive size, not "0"'],
    [{ max_output: 'much' }, 'max_output must be a positive size, not "much"'],
    [{ max_output: 1_000 }, 'max_output must be a positive size, not 1000'],
    [{ sync: 'etcd' }, 'unknown sync store "etcd"'],
    [{ redis: 'http://h' }, 'not a Redis URL'],
    [{ redis: ['redis://h'] }, 'not a Redis URL'],
    [{ sidecar: 'docker' }, 'unknown sidecar "docker"'],
    [{ unapplied: 'ignore' }, 'unknown value of unapplied "ignore"'],
    ...['h:8086', 'ftp://http://h', 'http://', 'http://h/%zz', ['http://h']].flatMap<[Values, string]>(
      (url) => [
        [{ influxdb: url }, 'not the URL of an InfluxDB'],
        [{ otlp: url }, 'not the URL of an OpenTelemetry collector'],
      ],
    ),
    // The parser takes `u` for the host, which is shown.
    ...['http://u/w@h', 'http://u?w@h', 'http://u#w@h', 'http://u\\w@h'].map<[Values, string]>((url) => [
      { influxdb: url },
      'the URL of an InfluxDB has an @ after its host',
    ]),
  ])('%j is refused with its source and a hint', (values, message) => {
    expect(refusal(() => resolved({}, values))).toEqual({
      ...{ kind: 'usage', message, where: 'manifest' },
      hint: expect.stringMatching(/\w/),
    });
  });

  test('an invalid TG_REDIS_URL is refused by its name, and counts only if a Redis is requested', () => {
    const withUrl = (values: Values, url: string) => resolveRunConfig([{ where: 'home', values }], url);
    expect(withUrl({}, 'nonsense').config.sync).toEqual({ store: 'memory' });
    expect(withUrl({ sync: 'redis' }, '').config.sync).toEqual({ store: 'redis', url: undefined });
    expect(refusal(() => withUrl({ sync: 'redis' }, 'nonsense'))).toMatchObject({ where: 'TG_REDIS_URL' });
  });

  test('messages do not show the password of a URL', () => {
    const url = 'redis://user:secret@h:1';
    for (const key of ['timeout', 'stall_after', 'max_output', 'sync', 'redis', 'sidecar', 'unapplied'])
      expect(JSON.stringify(refusal(() => resolved({ [key]: `${url}|` })))).not.toContain('secret');
    for (const key of ['influxdb', 'otlp'])
      expect(JSON.stringify(refusal(() => resolved({ [key]: url })))).not.toContain('secret');
    expect(hostOf('https://user:secret@h:1/path?token=secret')).toBe('h:1');
    expect(hostOf(undefined)).toBeUndefined();
  });

  test('an unknown key is a doubt in a file and refused in a flag, and has no origin', () => {
    const { doubts, found } = resolved({ timeout: '1s' }, { tiemout: '2s' });
    expect(doubts.map(({ where, message }) => [where, message])).toEqual([
      ['manifest', 'unknown run configuration "tiemout"'],
    ]);
    expect([...found]).toEqual([['timeout', { value: '1s', where: 'home' }]]);
    expect(refusal(() => resolved({}, {}, { tiemout: '2s' }))).toMatchObject({
      message: 'unknown run configuration "tiemout"',
      where: '--run-cfg',
    });
  });

  const strict = { sidecar: 'strict' };
  const noop = { sidecar: 'noop' };
  const fail = { unapplied: 'fail' };
  const report = { unapplied: 'report' };
  test.each<[string, Values, Values, Values, string, string, string | undefined]>([
    ['it fails the run', strict, {}, {}, 'noop', 'fail', 'home'],
    ['a weaker policy is overridden', report, strict, {}, 'noop', 'fail', 'manifest'],
    ['a stronger policy is not', strict, report, {}, 'noop', 'report', 'manifest'],
    ['nor is a policy of the same source', {}, { ...strict, ...report }, {}, 'noop', 'report', 'manifest'],
    ['in any order', {}, { ...report, ...strict }, {}, 'noop', 'report', 'manifest'],
    ['a stronger sidecar replaces it', strict, noop, {}, 'noop', 'report', undefined],
    ['also the sidecar none', strict, {}, { sidecar: 'none' }, 'none', 'report', undefined],
    ['but not a stronger policy', strict, fail, noop, 'noop', 'fail', 'manifest'],
    ['nor a weaker one', fail, strict, noop, 'noop', 'fail', 'home'],
    ['nor one of the same source', { ...strict, ...fail }, noop, {}, 'noop', 'fail', 'home'],
    ['it may be given again', strict, noop, strict, 'noop', 'fail', '--run-cfg'],
    ['another sidecar keeps the policy', fail, noop, {}, 'noop', 'fail', 'home'],
  ])('sidecar=strict: %s', (_, home, manifest, flags, sidecar, unapplied, where) => {
    const { config, found } = resolved(home, manifest, flags);
    expect(config).toEqual({ ...defaults, sidecar, unapplied });
    expect(found.get('unapplied')?.where).toBe(where);
  });
});

/** The parts of the error that a task throws. */
function refusal(task: () => unknown) {
  try {
    task();
  } catch (error) {
    const { kind, message, where, hint } = error as Record<string, unknown>;
    return { kind, message, where, hint };
  }
  throw new Error('it was not refused');
}
