import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Home } from '../home.ts';
import { ownerLives } from '../outputs/journal.ts';
import { knownRunDirs, runFiles } from '../outputs/layout.ts';

/** What is known about a run from its outputs: one that goes on, has ended, or was interrupted. */
export interface RunRecord {
  readonly runId: string;
  readonly dir: string;
  readonly name: string;
  readonly plan: string;
  readonly case: string;
  readonly runner: string;
  readonly builders: readonly string[];
  readonly instances: number;
  readonly groups: readonly { readonly id: string; readonly instances: number }[];
  /** The process that runs it, or ran it. */
  readonly pid: number;
  readonly created: Date;
  readonly updated: Date;
  /** `interrupted`: whoever ran it has gone without a word. */
  readonly state: 'processing' | 'complete' | 'canceled' | 'interrupted';
  /** `unknown` while it goes on, and where nobody said. */
  readonly outcome: 'success' | 'failure' | 'canceled' | 'unknown';
  /** Why it did not begin, or what ended it; empty where nothing did. */
  readonly error: string;
  /** What result.json holds; undefined until there is one. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
}

const queued = z.object({
  at: z.coerce.date(),
  owner: z.object({ pid: z.int() }),
  spec: z.looseObject({
    name: z.string(),
    plan: z.object({ name: z.string() }),
    testCase: z.string(),
    runner: z.string(),
    totalInstances: z.int(),
    groups: z.array(
      z.looseObject({ id: z.string(), instances: z.int(), build: z.looseObject({ builder: z.string() }) }),
    ),
  }),
});

const resultFile = z.looseObject({
  outcome: z.enum(['success', 'failure', 'canceled', 'unknown']),
  error: z.string().nullish(),
  stopped: z.looseObject({ why: z.string() }).nullish(),
  ended: z.coerce.date(),
});

/** All runs of a home, newest first. Those whose records cannot be read are left out. */
export async function* listRecords(home: Home): AsyncIterable<RunRecord> {
  for (const dir of await knownRunDirs(home)) {
    const record = await readRecord(dir);
    if (record !== undefined) yield record;
  }
}

/** What is known about the run in a folder; undefined where its records cannot be read. */
export async function readRecord(dir: string): Promise<RunRecord | undefined> {
  const journal = join(dir, runFiles.journal);
  const [first, changed] = await Promise.all([
    firstRecord(journal),
    stat(journal).then(
      ({ mtime }) => mtime,
      () => new Date(0),
    ),
  ]);
  if (first === undefined) return undefined;
  const { spec, owner, at } = first;
  // The owner first: a run that ends in between has a result then.
  const live = ownerLives(dir);
  const result = await readResult(join(dir, runFiles.result));
  return {
    runId: basename(dir),
    dir,
    name: spec.name,
    plan: spec.plan.name,
    case: spec.testCase,
    runner: spec.runner,
    builders: [...new Set(spec.groups.map(({ build }) => build.builder))],
    instances: spec.totalInstances,
    groups: spec.groups.map(({ id, instances }) => ({ id, instances })),
    pid: owner.pid,
    created: at,
    updated: result?.ended ?? changed,
    state:
      result === undefined
        ? live
          ? 'processing'
          : 'interrupted'
        : result.outcome === 'canceled'
          ? 'canceled'
          : 'complete',
    outcome: result?.outcome ?? 'unknown',
    error: result?.error ?? result?.stopped?.why ?? '',
    result,
  };
}

async function firstRecord(journal: string): Promise<z.output<typeof queued> | undefined> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  const end = text.indexOf('\n');
  return end === -1 ? undefined : queued.safeParse(parsed(text.slice(0, end))).data;
}

async function readResult(file: string): Promise<z.output<typeof resultFile> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : resultFile.safeParse(parsed(text)).data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
