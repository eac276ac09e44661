import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Machine, outputsOf, resultOf, root } from './tg.ts';

/** The plan that exists for every SDK. */
export const compatPlan = join(root, 'test', 'compat', 'plan');

/** How the plan is built for an SDK: the arguments of `tg run single`. */
export interface SdkBuild {
  readonly builder: string;
  readonly args: readonly string[];
  /** What the tests need on the machine. */
  readonly needs: 'go' | 'rust' | 'node' | 'python3';
}

export const sdks: Readonly<Record<string, SdkBuild>> = {
  'sdk-go 0.1.1': {
    builder: 'exec:go',
    args: ['--build-cfg', 'modfile=v011.mod', '--selector', 'sdk011'],
    needs: 'go',
  },
  'sdk-go 0.2.1': {
    builder: 'exec:go',
    args: ['--build-cfg', 'modfile=v021.mod', '--selector', 'sdk021'],
    needs: 'go',
  },
  'sdk-go 0.2.3': { builder: 'exec:go', args: ['--build-cfg', 'modfile=v023.mod'], needs: 'go' },
  'sdk-go 0.2.5': { builder: 'exec:go', args: ['--build-cfg', 'modfile=v025.mod'], needs: 'go' },
  'sdk-go 0.2.7': { builder: 'exec:go', args: ['--build-cfg', 'modfile=v027.mod'], needs: 'go' },
  'sdk-go 0.3.0': { builder: 'exec:go', args: [], needs: 'go' },
  'sdk-js 0.1.2': { builder: 'exec:node', args: [], needs: 'node' },
  'sdk-rust 0.4.0': { builder: 'exec:rust', args: [], needs: 'rust' },
  'testground-tg/sdk': { builder: 'exec:node', args: ['--build-cfg', 'entry=ts/main.ts'], needs: 'node' },
  tg_sdk: inPython('python/main.py'),
  'tg_sdk on asyncio': inPython('python/aio.py'),
};

function inPython(file: string): SdkBuild {
  return { builder: 'exec:generic', args: ['--build-cfg', `run=python3 ${file}`], needs: 'python3' };
}

/** The lines of a file of an instance, without the final line break. */
export async function linesOf(
  machine: Machine,
  runId: string,
  group: string,
  index: number,
  name: string,
): Promise<string[]> {
  const file = join(await outputsOf(machine, runId), group, String(index), name);
  const text = await readFile(file, 'utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The lines of a run.out, each reduced to its event and its texts, without what differs from run to run. */
export function shapeOf(lines: readonly string[]): string {
  return lines.map((line) => `${shapeOfLine(line)}\n`).join('');
}

function shapeOfLine(line: string): string {
  if (!line.startsWith('{')) return `text: ${line}`;
  const { event, ts, msg, group_id, run_id, ...rest } = JSON.parse(line);
  const has = Object.entries({ ts, msg, group_id, run_id, ...rest })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (key === 'msg' || key === 'level' ? `${key}=${JSON.stringify(value)}` : key));
  if (event === undefined) return `log: ${has.join(' ')}`;
  return `${has.join(' ')}: ${withoutVariations(JSON.stringify(shapeOfEvent(event)))}`;
}

/** Reduces a run environment to the names of its fields, and a stack trace to whether there is one. */
function shapeOfEvent(value: unknown, key = ''): unknown {
  if (key === 'runenv' && typeof value === 'object' && value !== null) return Object.keys(value).sort();
  if (key === 'stacktrace') return value === '' ? '' : '…';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOfEvent(inner, name)]));
}

function withoutVariations(text: string): string {
  return text
    .replaceAll(/http:\/\/\S*?:\d+/g, 'http://…')
    .replaceAll(/goroutine .*?"/g, 'goroutine …"')
    .replaceAll(/\d+\.\d+\.\d+\.\d+/g, 'ADDRESS');
}

/** A recorded shape. */
export async function goldenShape(name: string): Promise<string> {
  return await readFile(goldenFile(name), 'utf8').catch(() => '');
}

export function goldenFile(name: string): string {
  return fileURLToPath(new URL(`../golden/compat/${name.replaceAll(/[ /]/g, '-')}.txt`, import.meta.url));
}

/** The outcome and reason of every instance: `single[0] success: …`. */
export async function outcomesOf(machine: Machine, runId: string): Promise<string[]> {
  const { groups } = await resultOf(machine, runId);
  return groups.flatMap(
    ({ instances }: { instances: { group: string; index: number; outcome: string; reason: string }[] }) =>
      instances.map(({ group, index, outcome, reason }) => `${group}[${index}] ${outcome}: ${reason}`),
  );
}
