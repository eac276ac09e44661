import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instancesOf } from '../../src/history/instances.ts';
import { linesOf } from '../../src/history/lines.ts';
import { readParquet, writeParquet } from '../../src/metrics/parquet.ts';
import { readMetrics } from '../../src/metrics/read-run.ts';
import type { Sample } from '../../src/metrics/sample.ts';
import type { GroupSpec, RunSpec } from '../../src/plan/run-spec.ts';
import { RunTimeline } from '../../src/report/run-timeline.ts';
import { InstanceRegistry } from '../../src/run/instance/instance-registry.ts';
import { takeSnapshot } from '../../src/run/stall/stall-snapshot.ts';
import { judgeRun } from '../../src/run/verdict/judge-run.ts';
import { ObservationStore } from '../../src/run/verdict/observations.ts';
import type { InstanceHandle } from '../../src/runners/runner.ts';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';

/** Work of tg whose size depends on a plan or a user. */
export interface Work {
  /** The name of the work, with `N` for the size. */
  readonly what: string;
  /** The smaller of the two measured sizes. With --quick, a tenth of it is measured. */
  readonly size: number;
  /** Prepares the data, which is not measured. @returns the work to measure. */
  readonly prepare: (size: number, dir: string) => () => Promise<unknown>;
}

const nobody = { release() {}, fail() {}, more() {} };

export const works: readonly Work[] = [
  {
    what: 'metrics of a pushed point whose text has N lines',
    size: 50_000,
    prepare: (size, dir) => {
      const folder = join(dir, 'single', '0');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'metrics.lp'), `m v=1,s="${'x\n'.repeat(size)}" 1\n`);
      return async () => {
        const reading = { plan: 'p-c', onUnread: fail };
        for await (const _ of readMetrics(dir, reading));
      };
    },
  },
  {
    what: 'lines of N instances, 400 of each, in the order of their times',
    size: 30,
    prepare: (size, dir) => {
      const instances = instancesOf({ groups: [{ id: 'single', instances: size }] }, []);
      for (const { group, index } of instances) {
        mkdirSync(join(dir, group, String(index)), { recursive: true });
        for (let line = 0; line < 400; line++)
          appendFileSync(join(dir, group, String(index), 'run.out'), messageLine(line));
      }
      return async () => {
        for await (const _ of linesOf(dir, instances, { began: 1, endedAt: new Map(), notices: [] }));
      };
    },
  },
  {
    what: 'a stall snapshot of N instances at N barriers',
    size: 500,
    prepare: (size) => {
      const registry = new InstanceRegistry();
      for (let index = 0; index < size; index++) registry.add(waitingAt(index));
      const spec = { plan: { name: 'p' }, groups: [{ id: 'single', instances: size }] };
      const seen = { registry, facts: new ObservationStore(), dependsOnSdk: new Set<string>() };
      return async () => takeSnapshot(spec as unknown as RunSpec, seen);
    },
  },
  {
    what: 'verdicts on N groups of one instance',
    size: 5_000,
    prepare: (size) => {
      const groups = Array.from(
        { length: size },
        (_, place) => ({ id: `g${place}`, instances: 1, expect: 'success' }) as unknown as GroupSpec,
      );
      const spec = { plan: { name: 'p' }, groups } as unknown as RunSpec;
      return async () => judgeRun(spec, new ObservationStore(), new Set());
    },
  },
  {
    what: 'a report of N groups of one instance',
    size: 2_500,
    prepare: (size) => {
      const groups = Array.from({ length: size }, (_, place) => ({ id: `g${place}`, instances: 1 }));
      return async () => new RunTimeline({ groups, created: new Date() }).instances([], true);
    },
  },
  {
    what: 'N signals, each awaited by one',
    size: 20_000,
    prepare: (size) => async () => {
      const store = new MemoryStore();
      for (let target = size; target > 0; target--) store.wait('state', target, nobody);
      for (let signal = 0; signal < size; signal++) await store.signalEntry('state');
    },
  },
  {
    what: 'a topic of N messages, read one after the other (XREAD)',
    size: 10_000,
    prepare: (size) => async () => {
      const store = new MemoryStore();
      for (let place = 0; place < size; place++) {
        await store.publish('topic', '1');
        const following = store.follow('topic', nobody, place);
        following.take();
        following.end();
      }
    },
  },
  {
    what: 'N states, looked at and removed one after the other (OBJECT, DEL)',
    size: 20_000,
    prepare: (size) => async () => {
      const store = new MemoryStore();
      const keys = Array.from({ length: size }, (_, place) => `state${place}`);
      for (const key of keys) await store.signalEntry(key);
      for (const key of keys) if (await store.has(key)) await store.remove([key]);
    },
  },
  {
    what: 'a point of N fields, into metrics.parquet and out of it',
    size: 5_000,
    prepare: (size, dir) => async () => {
      const file = join(dir, 'metrics.parquet');
      rmSync(file, { force: true });
      await writeParquet(file, samples(size));
      for await (const _ of readParquet(file));
    },
  },
];

function fail(problem: string): never {
  throw new Error(problem);
}

function messageLine(line: number): string {
  return `{"ts":${1_700_000_000 + line}000000000,"event":{"message_event":{"message":"line ${line}"}}}\n`;
}

const unattended: InstanceHandle = {
  ref: { kind: 'manual', id: '' },
  exited: new Promise(() => {}),
  flushed: Promise.resolve(undefined),
  isSuspended: () => false,
  activity: () => 'idle',
  usage: () => undefined,
  stop() {},
  kill() {},
  reap: () => Promise.resolve(),
};

function waitingAt(index: number) {
  const waiting = { kind: 'barrier', state: `s${index}`, target: 2, count: 1, forMs: 1 } as const;
  const endpoint: Endpoint = {
    ...{ host: '', port: 0, used: true, usedBySdk: true, connections: 1, close() {} },
    waiting: () => [waiting],
    signalsOf: (state) => (state === waiting.state ? 'some' : 'none'),
  };
  const takeDown = () => async () => {};
  return { instance: { group: 'single', index }, endpoint, handle: unattended, takeDown };
}

async function* samples(fields: number): AsyncGenerator<readonly Sample[]> {
  const measures = Object.fromEntries(Array.from({ length: fields }, (_, place) => [`f${place}`, place]));
  const sample = { ns: 1n, source: 'pushed', type: 'pushed', name: 'm', tags: '', measures } as const;
  yield [{ ...sample, group: 'single', instance: 0 }];
}
