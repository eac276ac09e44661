import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { type MoveRecord, readMoves } from '../../src/history/moves.ts';
import { Mask } from '../../src/outputs/mask.ts';
import { SyncRecord } from '../../src/run/sync-record.ts';
import { SyncServer } from '../../src/sync/doors/server.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { outputsOf, single, someMachine, tg } from '../support/tg.ts';

async function movesIn(dir: string): Promise<MoveRecord[]> {
  const moves: MoveRecord[] = [];
  for await (const move of readMoves(dir)) moves.push(move);
  return moves;
}

const words = (move: MoveRecord) => {
  const { did } = move;
  if (did === 'signal') return `${did} ${move.state} ${move.seq}`;
  if (did === 'publish') return `${did} ${move.topic}`;
  return did === 'more' ? `${did} ${move.count}` : `${did} ${move.state} ${move.target}`;
};

test('who signalled, waited and published, and when', async () => {
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
  const moves = (await movesIn(await outputsOf(machine, runId))).toSorted((a, b) => a.at - b.at);
  expect(new Set(moves.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
  const told = moves.map(words);
  expect(told.filter((text) => text.startsWith('signal ready'))).toEqual([
    'signal ready 1',
    'signal ready 2',
    'signal ready 3',
  ]);
  expect(told.filter((text) => text === 'publish greetings')).toHaveLength(3);
  expect(told.filter((text) => text === 'wait ready 3')).toHaveLength(3);
  expect(told.filter((text) => text === 'pass ready 3')).toHaveLength(3);
  expect(told.lastIndexOf('signal ready 3')).toBeLessThan(told.indexOf('pass ready 3'));
  expect(told.filter((text) => text === 'leave never 4')).toHaveLength(3);
  expect(told.filter((text) => text === 'pass begun 3')).toHaveLength(1);
  // What SDKs publish of themselves is in their outputs.
  expect(told.join()).not.toContain('run_events');
});

test('a run that does nothing there has none', async () => {
  const machine = await someMachine();
  const { runId } = await tg(machine, single(await planWith('')));
  expect(await movesIn(await outputsOf(machine, runId))).toEqual([]);
});

function someRecord(instances: number, secrets: readonly string[] = []) {
  const runDir = mkdtempSync(join(tmpdir(), 'tg-moves-'));
  const warnings: string[] = [];
  const record = new SyncRecord({
    runDir,
    instances,
    mask: new Mask(secrets),
    warn: (text) => warnings.push(text),
  });
  return { runDir, warnings, record };
}

test('an old SDK, which asks again and again, waits from the first time to the last', async () => {
  const { runDir, record } = someRecord(1);
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

test('of a plan that never stops it is counted what is too much', async () => {
  const { runDir, record } = someRecord(10_000);
  const note = record.noteOf({ group: 'g', index: 7 });
  for (let seq = 1; seq <= 100; seq++) note({ did: 'signal', state: 's', seq }, 0);
  record.noteOf({ group: 'g', index: 8 })({ did: 'publish', topic: 't' }, 0);
  record[Symbol.dispose]();
  note({ did: 'signal', state: 's', seq: 101 }, 0);
  const moves = await movesIn(runDir);
  expect(moves.filter(({ index }) => index === 7)).toHaveLength(65);
  expect(moves.at(-1)).toMatchObject({ index: 7, did: 'more', count: 36 });
  expect(moves.find(({ index }) => index === 8)).toMatchObject({ did: 'publish', topic: 't' });
});

test('a secret in a name is masked, and a name is not endless', async () => {
  const { runDir, record } = someRecord(1, ['hunter22']);
  const note = record.noteOf({ group: 'g', index: 0 });
  note({ did: 'signal', state: 'run:r:plan:p:case:c:states:for hunter22', seq: 1 }, 0);
  note({ did: 'publish', topic: 'x'.repeat(100_000) }, 0);
  record[Symbol.dispose]();
  const [first, second] = await movesIn(runDir);
  expect(first).toMatchObject({ state: 'for ***' });
  expect(second?.did === 'publish' && second.topic).toHaveLength(201);
});

test('where it cannot be written, that is told once, and nothing else happens', async () => {
  const { runDir, warnings, record } = someRecord(1);
  const gone = new SyncRecord({
    runDir: join(runDir, 'nowhere'),
    instances: 1,
    mask: new Mask([]),
    warn: (text) => warnings.push(text),
  });
  gone.noteOf({ group: 'g', index: 0 })({ did: 'publish', topic: 't' }, 0);
  gone[Symbol.dispose]();
  record[Symbol.dispose]();
  expect(warnings).toEqual([
    expect.stringMatching(/^sync.ndjson, which says when who waited, is incomplete: ENOENT/),
  ]);
});
