import { basename, join } from 'node:path';
import * as z from 'zod';
import { isUnseen, type OwnerState, ownerStateOf, unseenOwner } from '../os/heartbeat.ts';
import type { Home } from '../os/home.ts';
import type { ProcessId } from '../os/process-id.ts';
import { processIdSchema } from '../os/process-id-schema.ts';
import { readFirstRecord } from '../outputs/journal.ts';
import { knownRunDirs, runFiles } from '../outputs/layout.ts';
import { readText, whatIsAt } from '../outputs/untrusted-file.ts';
import { type Outcome, outcomes } from '../run/verdict/outcomes.ts';
import { asTyped } from '../util/command-name.ts';
import { TgError } from '../util/errors.ts';
import { yieldRegularly } from '../util/event-loop-yield.ts';

/** The states of a run, for `RunState`. */
export const runStates = ['processing', 'complete', 'canceled', 'interrupted', 'unknown'] as const;

/**
 * The state of a run. `interrupted`: its owner has ended without writing a result. `unknown`: there is no result
 * yet, the owner cannot be seen from here (another PID namespace or host), and its heartbeat is stale.
 */
export type RunState = (typeof runStates)[number];

/** A run as described by its outputs: running, ended or interrupted. */
export interface RunRecord {
  readonly runId: string;
  readonly dir: string;
  readonly name: string;
  readonly plan: string;
  readonly case: string;
  readonly runner: string;
  /** The values that a matrix gave it, by name. */
  readonly point: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  /** Undefined for a run on its own. */
  readonly series: { readonly id: string; readonly round: number } | undefined;
  readonly builders: readonly string[];
  readonly instances: number;
  /** Where its keys are: in memory or in a Redis; empty if its record does not say. */
  readonly store: string;
  /** The units of metrics that its plan declares, by the name of the metric. */
  readonly metricUnits: Readonly<Record<string, string>>;
  readonly groups: readonly { readonly id: string; readonly instances: number }[];
  /** The process that owns the run, or owned it. */
  readonly owner: ProcessId;
  /**
   * For a run without a result, where its owner is, as text; empty if it can be seen from here or is known to have
   * ended.
   */
  readonly unseenOwner: string;
  readonly created: Date;
  readonly updated: Date;
  readonly state: RunState;
  /** `unknown` while it runs, and if its result does not say. */
  readonly outcome: Outcome;
  /** Why it did not begin, or what stopped it; empty otherwise. */
  readonly error: string;
  /** The content of result.json; undefined until it exists. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
}

/** A group's ID is a folder name and must not lead out of the run's folder: archives are untrusted. */
const groupId = z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/);
const maxInstances = 1_000_000;

const queued = z.object({
  at: z.coerce.date(),
  owner: processIdSchema,
  spec: z.looseObject({
    name: z.string(),
    plan: z.object({ name: z.string() }),
    testCase: z.string(),
    runner: z.string(),
    // Missing in journals of earlier versions.
    point: z.record(z.string(), z.string()).nullish().catch(undefined),
    labels: z.array(z.string()).nullish().catch(undefined),
    series: z.object({ id: z.string(), round: z.int() }).nullish().catch(undefined),
    totalInstances: z.int(),
    config: z.looseObject({ sync: z.string() }).optional().catch(undefined),
    // Missing in records of earlier versions.
    metricUnits: z.record(z.string(), z.string()).default({}).catch({}),
    groups: z.array(
      z.looseObject({
        id: groupId,
        instances: z.int().min(0).max(maxInstances),
        build: z.looseObject({ builder: z.string() }),
      }),
    ),
  }),
});

const resultFile = z.looseObject({
  outcome: z.enum(outcomes),
  error: z.string().nullish(),
  stopped: z.looseObject({ why: z.string() }).nullish(),
  ended: z.iso.datetime(),
});

/** All runs of a home, newest first. Runs with unreadable records are left out. */
export async function* listRecords(home: Home): AsyncIterable<RunRecord> {
  const giveWay = yieldRegularly();
  for (const dir of await knownRunDirs(home)) {
    await giveWay();
    const record = await readRecord(dir);
    if (record !== undefined) yield record;
  }
}

/** Reads the record of the run in a folder. @throws TgError (collect) if it cannot be read. */
export async function readableRecord(dir: string): Promise<RunRecord> {
  const record = await readRecord(dir);
  if (record !== undefined) return record;
  throw new TgError('collect', 'the records of this run cannot be read', {
    where: dir,
    hint: `${asTyped('collect')} packs what is there.`,
  });
}

/** Reads the record of the run in a folder; undefined if it cannot be read. */
export async function readRecord(dir: string): Promise<RunRecord | undefined> {
  const journal = join(dir, runFiles.journal);
  const first = queued.safeParse(readFirstRecord(dir)).data;
  if (first === undefined) return undefined;
  const { spec, owner, at } = first;
  const changed = whatIsAt(journal)?.mtime ?? at;
  const heartbeat = join(dir, runFiles.heartbeat);
  const ended = readResult(join(dir, runFiles.result));
  const ownerState = ended === undefined ? ownerStateOf(owner, heartbeat) : 'gone';
  // Reads again: the run may have ended in the meantime.
  const result = ended ?? (ownerState === 'lives' ? undefined : readResult(join(dir, runFiles.result)));
  return {
    runId: basename(dir),
    dir,
    name: spec.name,
    plan: spec.plan.name,
    case: spec.testCase,
    runner: spec.runner,
    point: spec.point ?? {},
    labels: spec.labels ?? [],
    series: spec.series ?? undefined,
    builders: [...new Set(spec.groups.map(({ build }) => build.builder))],
    instances: spec.totalInstances,
    store: spec.config?.sync ?? '',
    metricUnits: spec.metricUnits,
    groups: spec.groups.map(({ id, instances }) => ({ id, instances })),
    owner,
    unseenOwner: result === undefined && isUnseen(owner, ownerState) ? unseenOwner(owner, heartbeat) : '',
    created: at,
    updated: result === undefined ? changed : new Date(result.ended),
    state: stateOf(result?.outcome, ownerState),
    outcome: result?.outcome ?? 'unknown',
    error: result?.error ?? result?.stopped?.why ?? '',
    result,
  };
}

function stateOf(outcome: RunRecord['outcome'] | undefined, ownerState: OwnerState): RunState {
  if (outcome !== undefined) return outcome === 'canceled' ? 'canceled' : 'complete';
  return ({ lives: 'processing', gone: 'interrupted', unknown: 'unknown' } as const)[ownerState];
}

/** What to report about the owner of a run; empty if there is nothing to report. */
export function ownerLines({ state, unseenOwner }: Pick<RunRecord, 'state' | 'unseenOwner'>): string[] {
  if (state === 'interrupted') return ['tg itself was killed while the run was active'];
  return unseenOwner === '' ? [] : [`its owner is ${unseenOwner}`];
}

function readResult(file: string): z.output<typeof resultFile> | undefined {
  try {
    return resultFile.safeParse(JSON.parse(readText(file))).data;
  } catch {
    return undefined;
  }
}
