import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wholeLog } from '../../../src/cli/output/detail.ts';
import { Annotations } from '../../../src/cli/output/github/github.ts';
import { jsonEventSchema, jsonOf } from '../../../src/cli/output/json/json-events.ts';
import { LineFormat } from '../../../src/cli/output/lines.ts';
import { suiteOf } from '../../../src/cli/output/reports/junit.ts';
import { RunText } from '../../../src/cli/output/run-text.ts';
import { networkText, summary } from '../../../src/cli/output/series/results.ts';
import { Mask } from '../../../src/outputs/mask.ts';
import type { SdkEvent } from '../../../src/outputs/sdk-events.ts';
import type { GroupSpec, RunSpec } from '../../../src/plan/run-spec.ts';
import { jsonWithRunSpecs, parseWithRunSpecs, runSpecSchema } from '../../../src/plan/run-spec-schema.ts';
import type { RunEvent } from '../../../src/run/events/events.ts';
import { maskedEvent } from '../../../src/run/events/masked-event.ts';
import { lostOnRecord, maskedSpec } from '../../../src/run/events/masked-spec.ts';
import { record } from '../../../src/run/events/records.ts';
import type { SeriesRun } from '../../../src/run/series/run-series.ts';
import type { StallSnapshot } from '../../../src/run/stall/stall-record.ts';
import { type RunResult, shortcomings } from '../../../src/run/verdict/result.ts';

/*
 * Every type of event, with `text` wherever a person, a plan or the system may have supplied it. All other strings are
 * chosen by tg, or are names, for instance of a folder of the outputs.
 */

const instance = { group: 'single', index: 0 };

const groupWith = (text: string, secret: string): GroupSpec => ({
  id: 'single',
  of: 'single',
  role: text,
  instances: 1,
  build: {
    builder: 'exec:go',
    config: { key: text },
    selectors: [text],
    dependencies: [{ module: text, target: text, version: text }],
    linkSdk: undefined,
    coverage: false,
  },
  artifact: undefined,
  sidecar: 'noop',
  params: { token: secret, url: text },
  secrets: ['token'],
  profiles: { cpu: text },
  expect: 'success',
  origins: {
    ...{ instances: text, builder: text },
    ...{ buildConfig: { key: text }, params: { url: text }, profiles: { cpu: text } },
  },
});

const specWith = (text: string, secret: string): RunSpec => ({
  runId: '00d23sg7usnl2fqgqnqa',
  name: 'default',
  of: 'default',
  point: { size: text },
  labels: [text],
  series: { id: 's00d23sg7usnl2fqgqnqa', round: 1 },
  plan: { name: 'p', dir: '/p', sdk: true },
  testCase: 't',
  askedRunner: undefined,
  runner: 'local:exec',
  groups: [groupWith(text, secret)],
  totalInstances: 1,
  seed: '1',
  config: {
    ...{ timeoutMs: 1, stallAfterMs: 1, maxOutput: 1, sync: { store: 'memory' } },
    ...{ sidecar: 'noop', unapplied: 'report', runner: {}, influxdb: undefined, otlp: undefined },
  },
  configOrigins: { timeout: text },
  refused: text,
  disableMetrics: false,
  metricUnits: { latency: text },
  thresholds: [{ metric: text, stat: 'p95', below: 1, above: null, group: 'single' }],
  faults: [
    ...[
      { on: 'state', state: text } as const,
      { on: 'topic', topic: text, value: { [text]: [text] } } as const,
      { on: 'stage', stage: text, edge: 'end' } as const,
      { on: 'line', text } as const,
      { on: 'end' } as const,
    ].map((cue) => ({
      ...{ kind: 'pause' as const, network: null, forMs: null },
      target: { pick: 'all' as const, of: { kind: 'first' as const, state: text } },
      moment: {
        ...{ kind: 'cue' as const, cue, count: 1, times: 1, afterMs: 0 },
        by: { kind: 'signalled' as const, state: text },
      },
    })),
  ],
  attachments: [{ pattern: text, type: text }],
  metadata: { repo: text, branch: text, commit: text },
  notes: [text],
});

const resultWith = (text: string): RunResult => ({
  ...{ version: 1, run_id: '00d23sg7usnl2fqgqnqa', name: 'default', plan: 'p', case: 't', seed: '1' },
  outcome: 'failure',
  error: text,
  stopped: { ending: 'abandoned', why: text },
  network: { configured: 1, not_as_asked: 1, not_applied: { [text]: 1 }, measured: null },
  machine: {
    ...{ cores: 2, cpu: { p50: 1, p95: 1, max: 1 }, steal: null, memory_max: 0.5, load_max: 2 },
    ...{ saturated: true, saturated_share: 1, reason: 'all 2 processors at least 95 % busy' },
  },
  side_by_side: 1,
  instances: 1,
  counts: { failed: 1 },
  groups: [
    {
      ...{ id: 'single', outcome: 'failure', expect: 'success', total: 1, counts: { failed: 1 } },
      instances: [{ group: 'single', index: 0, outcome: 'failed', reason: text }],
    },
  ],
  faults: [{ fault: text, injected: 0, problem: text }],
  causes: [
    {
      ...{ kind: 'timed-out', text, count: 1, instances: 'single[0]', stall: snapshotWith(text) },
      example: {
        ...{ group: 'single', index: 0, at_ms: 1, reason: text, stack: [text], last_lines: [text] },
        source: { place: text, text },
      },
    },
  ],
  more_causes: 0,
  consequences: text,
  thresholds: [
    {
      ...{ metric: text, stat: 'p95', below: 1, above: null, group: 'single' },
      ...{ outcome: 'failed', value: 2, reason: text },
    },
  ],
  attachments: [{ group: 'single', index: 0, name: text, type: text, bytes: 1 }],
  more_attachments: 0,
  started: '2026-11-24T05:44:18.119Z',
  ended: '2026-11-24T05:44:19.119Z',
  duration_ms: 1_000,
});

const snapshotWith = (text: string): StallSnapshot => ({
  running: 1,
  waits: [
    {
      ...{ kind: 'barrier', name: text, count: 1, target: 2, for_ms: 1, waiting: 'single[0]' },
      ...{ missing: 'single[1]', absent: [{ group: 'single', index: 1, text }] },
    },
  ],
  more_waits: 0,
  elsewhere: 'single[1]',
  busy: [{ group: 'single', index: 1, text }],
});

const sdkEvents = {
  start: (text) => ({ type: 'start', runenv: { plan: text, params: { [text]: text } } }),
  message: (text) => ({ type: 'message', message: text }),
  success: () => ({ type: 'success' }),
  failure: (text) => ({ type: 'failure', error: text }),
  crash: (text) => ({ type: 'crash', error: text, stacktrace: text }),
  'stage-start': (text) => ({ type: 'stage-start', name: text }),
  'stage-end': (text) => ({ type: 'stage-end', name: text }),
  metric: (text) => ({ type: 'metric', metric: { name: text, tags: { [text]: text } } }),
} satisfies Record<SdkEvent['type'], (text: string) => SdkEvent>;

const lineWith = (text: string, event: SdkEvent | undefined): RunEvent => ({
  ...{ type: 'line', instance, stream: 'stdout', text, event, offset: 0, elapsedMs: 1, at: 1 },
});

type Make = (text: string, secret: string) => RunEvent[];

const events = {
  notice: (text) => [{ type: 'notice', level: 'WARN', text, fields: { [text]: [text] } }],
  building: (text) => [
    { type: 'building', builder: 'exec:go', groups: ['g'], doing: text, elapsedMs: 5_000 },
  ],
  'run-queued': (text, secret) => [{ type: 'run-queued', spec: specWith(text, secret), runDir: '/runs' }],
  'run-started': (text, secret) => [
    { type: 'run-started', spec: specWith(text, secret), runDir: '/runs', sync: text },
  ],
  'instance-started': () => [{ type: 'instance-started', instance, ref: { kind: 'process', id: '1' } }],
  'instance-restarted': () => [
    { type: 'instance-restarted', instance, ref: { kind: 'process', id: '1' }, restarts: 1 },
  ],
  'instance-held': (text) => [
    { type: 'instance-held', instance, script: '/s', environment: '/e', command: [text] },
  ],
  'instance-not-started': (text) => [
    { type: 'instance-not-started', instance, reason: text, ending: 'by-itself' },
  ],
  line: (text) => [
    lineWith(text, undefined),
    ...Object.values(sdkEvents).map((event) => lineWith(text, event(text))),
  ],
  'instance-exited': (text) => [
    {
      ...{ type: 'instance-exited', instance, code: 1, signal: null, ending: 'by-itself' },
      ...{ outputProblem: text, oomKills: 0, connected: true, suspended: false, elapsedMs: 1 },
      waiting: [
        { kind: 'barrier', state: text, target: 2, count: 1, forMs: 1 },
        { kind: 'topic', topic: text, messages: 1, forMs: 1 },
      ],
    },
  ],
  'network-configured': (text) => [
    { type: 'network-configured', instance, applied: [text], notApplied: [text], refused: true, tookMs: 1 },
  ],
  fault: (text) => {
    const its = { type: 'fault', fault: 1, kind: 'kill', text } as const;
    return [
      { ...its, did: 'inject', nth: 1, instances: [instance] },
      { ...its, did: 'heal', nth: 1, instances: [instance] },
      { ...its, did: 'fail', why: text },
    ];
  },
  stalled: (text) => [{ type: 'stalled', forMs: 1, reported: true, snapshot: snapshotWith(text) }],
  resumed: () => [{ type: 'resumed' }],
  machine: () => [
    {
      ...{ type: 'machine', forMs: 1_000, cores: 2, cpu: 1, steal: null, memory: 0.5, load: 2 },
      groups: [{ id: 'single', processors: 1, bytes: 1 }],
    },
  ],
  'network-measured': () => [
    {
      type: 'network-measured',
      measured: {
        ...{ engine: 'user', links: [], missed: 3, problems: ['full'] },
        lateness: { p50: 1, p99: 9, max: 9 },
      },
    },
  ],
  snapshot: (text) => [{ type: 'snapshot', snapshot: snapshotWith(text) }],
  abandoned: (text) => [{ type: 'abandoned', why: text, instances: [instance] }],
  stopping: (text) => [{ type: 'stopping', stop: { ending: 'refused', why: text } }],
  'run-ended': (text) => [{ type: 'run-ended', result: resultWith(text) }],
} satisfies Record<RunEvent['type'], Make>;

const allWith = (text: string, secret: string): RunEvent[] =>
  Object.values<Make>(events).flatMap((of) => of(text, secret));

/** All output for an event: in the journal, for programs and for people, and every report of a result. */
function tracesOf(event: RunEvent): string[] {
  const journal: string[] = [];
  const add = (type: string, fields: object) => void journal.push(JSON.stringify({ type, ...fields }));
  record({ add } as Parameters<typeof record>[0], event);
  const shown = new RunText(new LineFormat(false), { detail: wholeLog, terminal: undefined }).of(event);
  return [...journal, JSON.stringify(jsonOf(event)), shown, ...reportsOf(event)];
}

function reportsOf(event: RunEvent): string[] {
  if (event.type !== 'run-ended') return [];
  const { result } = event;
  const run = { spec: specWith('', ''), round: 1, begun: true, outcome: result.outcome, error: '', result };
  const series = { ...run, ended: undefined } satisfies SeriesRun;
  return [
    suiteOf(series),
    suiteOf({ ...series, result: { ...result, error: null } }),
    new Annotations().of(result),
    summary(result),
    networkText(result) ?? '',
    ...shortcomings(result),
  ];
}

/** Secrets begin with characters that occur nowhere else, so that any occurrence of these is a leak. */
const secrets = fc
  .tuple(
    fc.string({ minLength: 4, maxLength: 30, unit: 'binary' }),
    fc.constantFrom('', '"', '\\', '<&>', '\u2028', 'ä€😀'),
  )
  .map(([text, odd]) => `Zq7x${odd}${text}`);

/** The forms in which a secret can leak. */
const formsOf = (secret: string) => [secret, JSON.stringify(secret).slice(1, -1), 'Zq7x'];

const contexts = fc.tuple(fc.string(), fc.string()).filter(([a, b]) => !`${a}${b}`.includes('Z'));

describe('a secret', () => {
  test('property: appears in no output for any event', () => {
    fc.assert(
      fc.property(secrets, contexts, (secret, [before, after]) => {
        const mask = new Mask([secret]);
        for (const event of allWith(`${before}${secret}${after}`, secret))
          for (const trace of tracesOf(maskedEvent(event, mask)))
            expect([event.type, trace, formsOf(secret).some((form) => trace.includes(form))]).toEqual([
              event.type,
              trace,
              false,
            ]);
      }),
    );
  });

  test('property: does not appear in a stored run, and values that are lost by this are named', () => {
    fc.assert(
      fc.property(secrets, contexts, (secret, [before, after]) => {
        const mask = new Mask([secret]);
        const spec = specWith(`${before}${secret}${after}`, secret);
        const kept = jsonWithRunSpecs(maskedSpec(spec, mask));
        expect(formsOf(secret).some((form) => kept.includes(form))).toBe(false);
        expect(runSpecSchema.safeParse(parseWithRunSpecs(kept)).success).toBe(true);
        expect(lostOnRecord(spec, mask)).toContain('parameter url of single');
        expect(lostOnRecord(specWith('free', secret), mask)).toEqual([]);
      }),
    );
  });

  test('is masked in a stored run even if it is empty', () => {
    const mask = new Mask(['']);
    const token = (spec: RunSpec) => spec.groups[0]?.params.token;
    expect(token(maskedSpec(specWith('words', ''), mask))).toBe('***');
    const [queued] = events['run-queued']('words', '').map((event) => maskedEvent(event, mask));
    expect(queued?.type === 'run-queued' && token(queued.spec)).toBe('***');
  });

  test.each([
    ...['failure', 'failed', 'single', 'barrier', 'message', 'abandoned', 'exec:go', 'token', 'refused'],
    ...['run-ended', 'stage-start', 'stdout', 'noop', 'success', '00d23sg7usnl2fqgqnqa', '1000', 'default'],
  ])('changes no event if it equals a word of tg: %s', (secret) => {
    const mask = new Mask([secret]);
    for (const event of allWith('words', secret)) {
      const masked = maskedEvent(event, mask);
      expect(withoutToken(masked)).toEqual(withoutToken(event));
      const json = { version: 2, at: '2026-11-24T05:44:18.119Z', run_id: null, ...jsonOf(masked) };
      expect(jsonEventSchema.safeParse(json).error).toBeUndefined();
    }
  });
});

/** An event without the value of its secret parameter, which is always masked. */
function withoutToken(event: RunEvent): unknown {
  return JSON.parse(JSON.stringify(event, (key, value) => (key === 'token' ? undefined : value)));
}
