import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { processNumbers, readProc } from '../../src/os/proc.ts';
import type { Benchmark, Extent, Row } from '../lib/benchmark.ts';
import { type Ground, makeGround, planOf, tg } from '../lib/ground.ts';
import { memoryOf, run } from '../lib/process.ts';
import { mediansInTurn, takeInTurn } from '../lib/take.ts';
import { runOnce } from './runs.ts';

type Engine = 'user' | 'kernel';

/** The link between two instances of local:netns, and what networks of their own cost. */
export const network: Benchmark = {
  name: 'network',
  needs: ['cc', 'unshare'],
  title: 'Networks of local:netns',
  async measure(extent) {
    using ground = makeGround();
    const engines: Engine[] = hasNetem() ? ['user', 'kernel'] : ['user'];
    const rows: Row[] = [];
    for (const engine of engines) {
      const on = { engine, extent, ground };
      rows.push(...(await delayed(on)), await limited(on), await lossy(on));
    }
    for (const engine of ['user', 'kernel'] as const) {
      const on = { engine, extent, ground };
      rows.push(await unshaped(on), await packets(on));
    }
    rows.push(await started(extent, ground));
    for (const count of extent.quick ? [20] : [100, 1_000]) rows.push(...(await meeting(count, ground)));
    return { rows };
  },
};

/** Whether the engine `kernel` can delay packets on this machine. */
function hasNetem(): boolean {
  const words = ['-rn', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem'];
  return spawnSync('unshare', words, { stdio: 'ignore' }).status === 0;
}

interface On {
  readonly engine: Engine;
  readonly extent: Extent;
  readonly ground: Ground;
}

/** Figures by name: those of both instances, and what the network counted. */
type Figures = Readonly<Record<string, number>>;

/** Runs a case of the plan `link` several times. @returns the medians of its figures. */
async function figuresOf(
  { engine, extent, ground }: On,
  testCase: string,
  ...more: string[]
): Promise<Figures> {
  const { taken } = await takeInTurn(extent, { taken: () => once(engine, ground, testCase, ...more) });
  const names = Object.keys(taken[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(taken.map((figures) => figures[name] ?? 0))]));
}

async function once(engine: Engine, { env }: Ground, testCase: string, ...more: string[]): Promise<Figures> {
  const words = ['run', 'single', '-p', planOf('link'), '-t', testCase, '--runner', 'local:netns', '-q'];
  const { stdout } = await run([...tg, ...words, '--run-cfg', `engine=${engine}`, ...more], { env });
  const id = /run ID: (\w+)/.exec(stdout)?.[1] ?? '';
  const dir = join(env['TESTGROUND_HOME'] ?? '', 'data', 'outputs', 'local_exec', 'link', id);
  const { links, missed } = JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8')).network.measured;
  const sum = (name: string) => links.reduce((all: number, link: Figures) => all + (link[name] ?? 0), 0);
  const counted = { unasked: sum('unasked') + missed, lost: sum('lost'), packetsSent: sum('sent') };
  return Object.assign(counted, ...[0, 1].map((instance) => figuresIn(join(dir, 'single', `${instance}`))));
}

function figuresIn(dir: string): Figures {
  try {
    return JSON.parse(readFileSync(join(dir, 'figures.json'), 'utf8'));
  } catch {
    return {};
  }
}

function within(what: string, unit: string, value: number, [least, most]: readonly [number, number]): Row {
  const isBelow = least === Number.NEGATIVE_INFINITY;
  const goal = isBelow
    ? `≤ ${most} ${unit}`
    : most === Number.POSITIVE_INFINITY
      ? `≥ ${least} ${unit}`
      : `${least} to ${most} ${unit}`;
  return { what, unit, tg: value, against: undefined, goal, met: value >= least && value <= most };
}

const atMost = (what: string, unit: string, value: number, most: number) =>
  within(what, unit, value, [Number.NEGATIVE_INFINITY, most]);
const atLeast = (what: string, unit: string, value: number, least: number) =>
  within(what, unit, value, [least, Number.POSITIVE_INFINITY]);

async function delayed(on: On): Promise<Row[]> {
  const of = await figuresOf(on, 'round-trips', '--net', 'latency=25ms');
  const what = `${on.engine}: round trip of 50 ms, 1,000 packets a second`;
  return [
    within(`${what}, the first`, 'ms', of['first'] ?? 0, [50, 52]),
    within(`${what}, p50`, 'ms', of['p50'] ?? 0, [50, 50.5]),
    within(`${what}, p99`, 'ms', of['p99'] ?? 0, [50, 52]),
    atMost(`${what}: not answered, or dropped`, 'packets', (of['unanswered'] ?? 0) + (of['unasked'] ?? 0), 0),
  ];
}

async function limited(on: On): Promise<Row> {
  const { bytesPerSecond = 0 } = await figuresOf(on, 'stream', '--net', 'bandwidth=100Mbit');
  // A full frame has 1,514 bytes, of which TCP has 1,448.
  const mbit = (bytesPerSecond * 8 * (1_514 / 1_448)) / 1e6;
  return within(`${on.engine}: TCP at 100 Mbit/s, in whole frames`, 'Mbit/s', mbit, [97, 103]);
}

async function lossy(on: On): Promise<Row> {
  const share = 0.05;
  const { sent = 0, received = 0 } = await figuresOf(
    on,
    'packets',
    '--net',
    `loss=${100 * share}%`,
    '--test-param',
    'interval=200',
  );
  const expected = 100 * share;
  const deviation = 100 * Math.sqrt((share * (1 - share)) / Math.max(1, sent));
  const interval = [expected - 4 * deviation, expected + 4 * deviation].map((each) =>
    Number(each.toFixed(2)),
  );
  const lost = 100 * (1 - received / sent);
  return within(`${on.engine}: loss of 5 %`, '%', lost, [interval[0] ?? 0, interval[1] ?? 0]);
}

async function unshaped(on: On): Promise<Row> {
  const { bytesPerSecond = 0 } = await figuresOf(on, 'stream');
  const least = { user: 1, kernel: 10 }[on.engine];
  return atLeast(`${on.engine}: TCP, not shaped`, 'Gbit/s', (bytesPerSecond * 8) / 1e9, least);
}

async function packets(on: On): Promise<Row> {
  const { perSecond = 0 } = await figuresOf(on, 'packets');
  const what = `${on.engine}: packets of 60 bytes delivered, as many sent as possible`;
  return atLeast(what, '1/s', perSecond, 150_000);
}

async function started(extent: Extent, ground: Ground): Promise<Row> {
  const count = extent.quick ? 10 : 100;
  const { netns, exec } = await mediansInTurn(extent, {
    netns: () => runOnce('noop', count, ground, '--runner', 'local:netns'),
    exec: () => runOnce('noop', count, ground),
  });
  return atMost(
    `run of ${count}: an instance takes longer than with local:exec`,
    'ms',
    (netns - exec) / count,
    8,
  );
}

/** A run of instances that wait for each other, which begins, runs and ends. */
async function meeting(count: number, { env }: Ground): Promise<Row[]> {
  let memory = 0;
  let timer: NodeJS.Timeout | undefined;
  const onStart = () => {
    timer = setInterval(() => {
      for (const each of processNumbers())
        if (readProc(`/proc/${each}/comm`)?.trim() === 'tg-switch')
          memory = Math.max(memory, memoryOf(each, 'VmHWM'));
    }, 100);
  };
  const words = ['run', 'single', '-p', planOf('meet'), '-i', String(count), '-q', '--runner', 'local:netns'];
  const { ms } = await run([...tg, ...words, '--run-cfg', 'engine=user'], { env, onStart });
  clearInterval(timer);
  const what = `run of ${count} that meet: from the start of tg to its end`;
  const whole = { what, unit: 's', tg: ms / 1_000, against: undefined };
  return [
    count === 100 ? atMost(what, 's', ms / 1_000, 1.5) : { ...whole, goal: '–', met: undefined },
    atMost(`the same: memory of the switch`, 'MB', memory / 1e6, 100),
  ];
}
