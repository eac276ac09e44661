import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../src/os/free-port.ts';
import { atLeast, atMost, type Benchmark, type Extent, type Row } from '../lib/benchmark.ts';
import { root, tg } from '../lib/ground.ts';
import { memoryOf, run, type Server, serve } from '../lib/process.ts';
import { goProgram } from '../lib/programs.ts';
import { medianFigures, takeInTurn } from '../lib/take.ts';

const reference = 'the reference';

type Who = 'tg' | 'redis' | 'reference' | 'raw';

/** Starts a new server for each measurement, so that earlier ones do not affect it. */
async function start(who: Who): Promise<Server> {
  switch (who) {
    case 'tg':
      return await serve([...tg, 'sync-service', '--port', '0'], /:(\d+)$/);
    case 'redis':
      return await serve([...tg, 'sync-service', '--port', '0', '--sync', 'redis'], /ws:\/\/[^:]+:(\d+)$/);
    case 'reference': {
      const port = await freePort();
      return await serve([await goProgram('reference'), String(port)], port);
    }
    case 'raw':
      return await serve([process.execPath, join(root, 'bench', 'sync', 'broadcast.js')], /^(\d+)$/);
  }
}

interface Sizes {
  readonly full: readonly number[];
  readonly quick: readonly number[];
}

/** The figures of a load by name, and the peak memory of the server, in MB. */
type Figures<Name extends string> = Readonly<Record<Name | 'memory', number>>;

async function load<Name extends string>(who: Who, words: readonly string[]): Promise<Figures<Name>> {
  await using server = await start(who);
  const program = await goProgram('load');
  const [benchmark = '', ...sizes] = words;
  const { stdout } = await run([program, benchmark, `127.0.0.1:${server.port}`, ...sizes]);
  return { ...(JSON.parse(stdout) as Figures<Name>), memory: memoryOf(server.pid, 'VmHWM') / 1e6 };
}

/** By the name of a load on a sync service: the load on a raw broadcast that is its lower bound. */
const floors: Readonly<Record<string, string>> = { barrier: 'broadcast', latency: 'spread' };

/** The medians of the figures of a load on several servers, in turn. */
async function compare<Name extends string>(
  extent: Extent,
  benchmark: string,
  sizes: Sizes,
): Promise<Record<Who, Figures<Name>>> {
  const words = (extent.quick ? sizes.quick : sizes.full).map(String);
  const floor = floors[benchmark];
  const who: Who[] = ['tg', 'reference', 'redis', ...(floor === undefined ? [] : ['raw' as const])];
  const takeOf = (each: Who) => () =>
    load<Name>(each, [each === 'raw' ? (floor ?? '') : benchmark, ...words]);
  const takes = Object.fromEntries(who.map((each) => [each, takeOf(each)]));
  const taken: Record<string, Figures<Name>[]> = await takeInTurn(extent, takes);
  const medians = Object.entries(taken).map(([each, measures]) => [each, medianFigures(measures)]);
  return Object.fromEntries(medians) as Record<Who, Figures<Name>>;
}

/** A row that compares the Redis store with the memory store. */
function throughRedis(what: string, unit: string, redis: number, memory: number): Row {
  const against = { name: 'the memory store', value: memory };
  return atMost(2.5, { what: `${what}, through Redis`, unit, tg: redis, against });
}

/** Signal entries: their round-trip times, and their rate. */
export const signals: Benchmark = {
  name: 'signals',
  needs: ['go', 'redis-server'],
  title: 'Signal entries of the sync service',
  async measure(extent) {
    const rows: Row[] = [];
    for (const [clients, each] of [
      [1, 4_000],
      [50, 400],
    ] as const) {
      const sizes = { full: [clients, each], quick: [clients, 20] };
      const {
        tg: own,
        reference: its,
        redis,
      } = await compare<'p50' | 'p99' | 'rate'>(extent, 'signal', sizes);
      const what = `signal entry, ${clients} connection${clients === 1 ? '' : 's'}`;
      for (const figure of ['p50', 'p99'] as const)
        rows.push(
          atMost(1, {
            what: `${what}, ${figure}`,
            unit: 'µs',
            tg: own[figure],
            against: { name: reference, value: its[figure] },
          }),
        );
      rows.push(
        atLeast(1, {
          what: `${what}, rate`,
          unit: '1/s',
          tg: own.rate,
          against: { name: reference, value: its.rate },
        }),
        throughRedis(`${what}, p50`, 'µs', redis.p50, own.p50),
      );
    }
    return { rows };
  },
};

/** Barriers: the time from the last signal to the last release. */
export const barriers: Benchmark = {
  name: 'barriers',
  needs: ['go', 'redis-server'],
  title: 'Barriers of the sync service: from the last signal to the last release',
  async measure(extent) {
    const rows: Row[] = [];
    for (const [clients, rounds] of [
      [100, 200],
      [1_000, 40],
    ] as const) {
      if (extent.quick && clients > 100) continue;
      const sizes = { full: [clients, rounds], quick: [clients, 4] };
      const { tg: own, reference: its, redis, raw } = await compare<'p50' | 'p99'>(extent, 'barrier', sizes);
      const row = { what: `barrier of ${clients}`, unit: 'µs', tg: own.p50 };
      rows.push(
        atMost(0.9, { ...row, against: { name: reference, value: its.p50 } }),
        atMost(1.2, { ...row, against: { name: 'a raw broadcast', value: raw.p50 } }),
        throughRedis(row.what, row.unit, redis.p50, own.p50),
      );
    }
    return { rows };
  },
};

/** Topics: latency and throughput. */
export const topics: Benchmark = {
  name: 'topics',
  needs: ['go', 'redis-server'],
  title: 'Topics of the sync service',
  async measure(extent) {
    const soon = await compare<'p50' | 'p99'>(extent, 'latency', { full: [100, 24], quick: [10, 4] });
    const many = await compare<'rate'>(extent, 'throughput', { full: [100, 100], quick: [10, 10] });
    const rate = { what: 'topic, all to all, 100 × 100 messages: deliveries', unit: '1/s' };
    const publish = 'topic, 1 publisher, 100 subscribers: publish to last receipt';
    return {
      rows: [
        atMost(0.05, {
          what: `${publish}, p50`,
          unit: 'µs',
          tg: soon.tg.p50,
          against: { name: reference, value: soon.reference.p50 },
        }),
        {
          what: `${publish}, p50`,
          unit: 'µs',
          tg: soon.tg.p50,
          against: { name: 'a raw broadcast', value: soon.raw.p50 },
          goal: '–',
          met: undefined,
        },
        throughRedis(`${publish}, p50`, 'µs', soon.redis.p50, soon.tg.p50),
        atLeast(8, { ...rate, tg: many.tg.rate, against: { name: reference, value: many.reference.rate } }),
        atMost(2, {
          what: 'the same: peak memory of the service',
          unit: 'MB',
          tg: many.tg.memory,
          against: { name: reference, value: many.reference.memory },
        }),
        atLeast(0.4, {
          ...rate,
          what: `${rate.what}, through Redis`,
          tg: many.redis.rate,
          against: { name: 'the memory store', value: many.tg.rate },
        }),
      ],
    };
  },
};

/** Many connections: the memory of each, and the time until all have met. */
export const connections: Benchmark = {
  name: 'connections',
  needs: ['go'],
  title: 'Connections to the sync service: held, then all signal and wait for each other',
  async measure(extent) {
    const rows: Row[] = [];
    for (const count of extent.quick ? [50] : [2_000, 5_000]) {
      const taken = await takeInTurn(extent, {
        tg: () => hold('tg', count),
        reference: () => hold('reference', count),
      });
      const [own, its] = [medianFigures(taken.tg), medianFigures(taken.reference)];
      rows.push(
        atMost(0.5, {
          what: `${count} connections held: memory of each`,
          unit: 'kB',
          tg: own.each,
          against: { name: reference, value: its.each },
        }),
        atMost(1, {
          what: `${count} connections: all signal and wait`,
          unit: 'ms',
          tg: own.took,
          against: { name: reference, value: its.took },
        }),
      );
    }
    return { rows };
  },
};

/** @returns the memory of a connection in the server, in kB, and the time until all have met, in ms. */
async function hold(who: Who, count: number): Promise<{ readonly each: number; readonly took: number }> {
  await using server = await start(who);
  const before = memoryOf(server.pid, 'VmRSS');
  const child = spawn(await goProgram('load'), ['hold', `127.0.0.1:${server.port}`, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const each = (memoryOf(server.pid, 'VmRSS') - before) / count / 1e3;
  child.stdin.write('go\n');
  const { value } = await lines.next();
  await once(child, 'exit');
  return { each, took: (JSON.parse(String(value)) as { took: number }).took / 1e3 };
}
