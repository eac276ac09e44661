import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { type ActivityRecord, readActivity } from '../../src/history/activity-log.ts';
import { Mask } from '../../src/outputs/mask.ts';
import { SyncRecord } from '../../src/run/sync-record.ts';
import { SyncServer } from '../../src/sync/server/server.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { deferred } from '../../src/util/deferred.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { rawClient } from '../support/sync-service.ts';
import { tempDir } from '../support/temp.ts';
import { outputsOf, single, someMachine, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

async function movesIn(dir: string): Promise<ActivityRecord[]> {
  const problems: string[] = [];
  const entries = await readActivity(dir, (problem) => problems.push(problem));
  expect(problems).toEqual([]);
  return [...entries];
}

const words = (entry: ActivityRecord) => {
  const { did } = entry;
  if (did === 'signal') return `${did} ${entry.state} ${entry.seq}`;
  if (did === 'publish') return `${did} ${entry.topic}`;
  if (did === 'receive') return `${did} ${entry.topic} ${entry.seq} ${entry.count}`;
  if ('count' in entry) return `${did} ${entry.count}`;
  return `${did} ${entry.state} ${entry.target}`;
};

test('sync.ndjson records signals, waits and messages of all instances, with consistent times', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(`
    const { syncClient, globalSeq } = init;
    await syncClient.publish('greetings', 'hello');
    await syncClient.signalAndWait('ready', 3);
    const given = new AbortController();
    const waits = syncClient.barrier('never', 4, { signal: given.signal }).catch(() => {});
    await syncClient.signalEntry('begun');
    given.abort();
    await waits;
    if (globalSeq === 1) await syncClient.barrier('begun', 3);`);
  const { runId, code } = await tg(machine, single(plan, '-i', '3'));
  expect(code).toBe(0);
  const entries = (await movesIn(await outputsOf(machine, runId))).toSorted((a, b) => a.at - b.at);
  expect(new Set(entries.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
  const reported = entries.map(words);
  expect(reported.filter((text) => text.startsWith('signal ready'))).toEqual([
    'signal ready 1',
    'signal ready 2',
    'signal ready 3',
  ]);
  expect(reported.filter((text) => text === 'publish greetings')).toHaveLength(3);
  expect(reported.filter((text) => text === 'wait ready 3')).toHaveLength(3);
  expect(reported.filter((text) => text === 'pass ready 3')).toHaveLength(3);
  expect(reported.lastIndexOf('signal ready 3')).toBeLessThan(reported.indexOf('pass ready 3'));
  expect(reported.filter((text) => text === 'leave never 4')).toHaveLength(3);
  expect(reported.filter((text) => text === 'pass begun 3')).toHaveLength(1);
  // Events that SDKs publish on their own are in the outputs.
  expect(reported.join()).not.toContain('run_events');
});

test('sync.ndjson has no entries for a run that does not use the sync service', async () => {
  const machine = await someMachine();
  const { runId } = await tg(machine, single(await planWith('')));
  expect(await movesIn(await outputsOf(machine, runId))).toEqual([]);
});

async function someRecord(instances: number, secrets: readonly string[] = []) {
  const runDir = await tempDir();
  const warnings: string[] = [];
  const record = new SyncRecord({
    runDir,
    instances,
    mask: new Mask(secrets),
    warn: (text) => warnings.push(text),
  });
  return { runDir, warnings, record };
}

test('an old SDK, which polls a state, waits from its first poll to its last', async () => {
  const { runDir, record } = await someRecord(1);
  const store = new MemoryStore();
  await using server = new SyncServer(store);
  const { port } = await server.open({ note: record.noteOf({ group: 'single', index: 0 }) });
  const redis = new Redis({ port, enableReadyCheck: false });
  onTestFinished(() => redis.disconnect());
  await redis.mget('run:r:plan:p:case:c:states:a', 'run:r:plan:p:case:c:states:b');
  await redis.mget('run:r:plan:p:case:c:states:a', 'run:r:plan:p:case:c:states:b');
  await redis.mget('run:r:plan:p:case:c:states:b');
  await redis.incr('run:r:plan:p:case:c:states:b');
  await redis.get('run:r:plan:p:case:c:states:c');
  record[Symbol.dispose]();
  expect((await movesIn(runDir)).map(words)).toEqual([
    'wait a null',
    'wait b null',
    'pass a null',
    'signal b 1',
    'pass b null',
    'wait c null',
  ]);
});

test('entries beyond the limit of an instance are counted instead of recorded', async () => {
  const { runDir, record } = await someRecord(10_000);
  const note = record.noteOf({ group: 'g', index: 7 });
  for (let seq = 1; seq <= 100; seq++) note({ did: 'signal', state: 's', seq }, 0);
  record.noteOf({ group: 'g', index: 8 })({ did: 'publish', topic: 't' }, 0);
  record[Symbol.dispose]();
  note({ did: 'signal', state: 's', seq: 101 }, 0);
  const entries = await movesIn(runDir);
  const own = entries.filter(({ index }) => index === 7);
  expect(own.filter(({ did }) => did === 'signal')).toHaveLength(64);
  const more = own.flatMap((entry) => (entry.did === 'more' ? entry.count : []));
  expect(more.reduce((sum, each) => sum + each, 0)).toBe(36);
  // Counts are written as it goes on, but not for each entry.
  expect(more.length).toBeGreaterThan(1);
  expect(more.length).toBeLessThan(15);
  expect(entries.find(({ index }) => index === 8)).toMatchObject({ did: 'publish', topic: 't' });
});

test('receipts have a limit of their own, and those beyond it are counted at the end', async () => {
  const { runDir, record } = await someRecord(10_000);
  const note = record.noteOf({ group: 'g', index: 7 });
  for (let seq = 1; seq <= 100; seq++) note({ did: 'receive', topic: 't', seq, count: 1 }, 0);
  for (let seq = 1; seq <= 64; seq++) note({ did: 'signal', state: 's', seq }, 0);
  record[Symbol.dispose]();
  const found = await movesIn(runDir);
  expect(found.filter(({ did }) => did === 'receive')).toHaveLength(16);
  expect(found.filter(({ did }) => did === 'signal')).toHaveLength(64);
  expect(found.at(-1)).toMatchObject({ index: 7, did: 'more-received', count: 84 });
  expect(found.filter(({ did }) => did === 'more')).toEqual([]);
});

test('sync.ndjson records which messages each subscriber received, and when', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(`
    const { syncClient, globalSeq } = init;
    if (globalSeq === 1) await syncClient.publish('news', 'one');
    await syncClient.signalAndWait('first', 2);
    if (globalSeq === 2) await syncClient.publish('news', 'two');
    let left = 2;
    for await (const _ of syncClient.subscribe('news')) if (--left === 0) break;`);
  const { runId, code } = await tg(machine, single(plan, '-i', '2'));
  expect(code).toBe(0);
  const entries = await movesIn(await outputsOf(machine, runId));
  const published = entries.flatMap((entry) => (entry.did === 'publish' ? [entry] : []));
  expect(published.map(({ topic, seq }) => [topic, seq])).toEqual([
    ['news', 1],
    ['news', 2],
  ]);
  for (const index of [0, 1]) {
    const received = entries.flatMap((entry) =>
      entry.did === 'receive' && entry.index === index ? [entry] : [],
    );
    const numbers = received.flatMap(({ seq, count }) =>
      Array.from({ length: count }, (_, nth) => seq + nth),
    );
    expect(numbers).toEqual([1, 2]);
    expect(received.at(-1)?.at).toBeGreaterThanOrEqual(published[1]?.at ?? Number.POSITIVE_INFINITY);
  }
});

test('the end of a recorded wait is recorded even beyond the limit', async () => {
  const { runDir, record } = await someRecord(10_000);
  const note = record.noteOf({ group: 'g', index: 0 });
  for (let seq = 1; seq <= 63; seq++) note({ did: 'signal', state: 's', seq }, 0);
  note({ did: 'wait', state: 'all', target: 2 }, 0);
  note({ did: 'wait', state: 'more', target: 2 }, 0);
  note({ did: 'pass', state: 'more', target: 2 }, 0);
  note({ did: 'pass', state: 'all', target: 2 }, 0);
  record[Symbol.dispose]();
  const entries = await movesIn(runDir);
  const others = entries.filter(({ did }) => did !== 'signal').map(words);
  expect(others).toEqual(['wait all 2', 'more 1', 'more 1', 'pass all 2']);
});

test('a client that disconnects while it waits is recorded as leaving, over WebSocket and the Redis protocol', async () => {
  const { runDir, record } = await someRecord(1);
  const store = new MemoryStore();
  await using server = new SyncServer(store);
  const note = record.noteOf({ group: 'single', index: 0 });
  const left = deferred<void>();
  let leaves = 0;
  const endpoint = await server.open({
    note: (entry, ago) => {
      note(entry, ago);
      if (entry.did === 'leave' && ++leaves === 2) left.resolve();
    },
  });
  const redis = new Redis({ port: endpoint.port, enableReadyCheck: false });
  await redis.get('run:r:plan:p:case:c:states:old');
  redis.disconnect();
  const client = await rawClient(endpoint);
  client.send('{"id":"1","barrier":{"state":"run:r:plan:p:case:c:states:new","target":2}}');
  client.send('{"id":"2","signal_entry":{"state":"run:r:plan:p:case:c:states:there"}}');
  await client.next();
  client.close();
  await left.promise;
  record[Symbol.dispose]();
  expect((await movesIn(runDir)).map(words).sort()).toEqual([
    'leave new 2',
    'leave old null',
    'signal there 1',
    'wait new 2',
    'wait old null',
  ]);
});

test('secrets in names are masked, and long names are cut', async () => {
  const { runDir, record } = await someRecord(1, ['hunter22']);
  const note = record.noteOf({ group: 'g', index: 0 });
  note({ did: 'signal', state: 'run:r:plan:p:case:c:states:for hunter22', seq: 1 }, 0);
  note({ did: 'publish', topic: `${'x'.repeat(195)}hunter22${'x'.repeat(100_000)}` }, 0);
  record[Symbol.dispose]();
  const [first, second] = await movesIn(runDir);
  expect(first).toMatchObject({ state: 'for ***' });
  expect(second?.did === 'publish' && second.topic).toBe(`${'x'.repeat(195)}***xx…`);
});

test('a record that the system refuses to write causes one warning and no error', {
  tags: ['linux'],
}, async () => {
  const { runDir, warnings, record } = await someRecord(1);
  const note = record.noteOf({ group: 'g', index: 0 });
  const ignore = () => {};
  process.on('SIGXFSZ', ignore);
  const limit = (bytes: string) => execa('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:unlimited`]);
  await limit('1');
  try {
    note({ did: 'publish', topic: 't' }, 0);
    await until(() => warnings.length > 0);
    note({ did: 'publish', topic: 't' }, 0);
    // It cannot be restored either.
    await rm(runDir, { recursive: true });
    record[Symbol.dispose]();
  } finally {
    await limit('unlimited');
    process.off('SIGXFSZ', ignore);
  }
  expect(warnings).toEqual([
    expect.stringMatching(/^sync.ndjson, the record of sync operations, is incomplete: EFBIG/),
  ]);
});

test('a record that cannot be created causes one warning and no error', async () => {
  const { runDir, warnings, record } = await someRecord(1);
  const gone = new SyncRecord({
    runDir: join(runDir, 'nowhere'),
    instances: 1,
    mask: new Mask([]),
    warn: (text) => warnings.push(text),
  });
  for (let n = 0; n < 2; n++) gone.noteOf({ group: 'g', index: n })({ did: 'publish', topic: 't' }, 0);
  gone[Symbol.dispose]();
  record[Symbol.dispose]();
  expect(warnings).toEqual([
    expect.stringMatching(/^sync.ndjson, the record of sync operations, is incomplete: ENOENT/),
  ]);
});
