import { join } from 'node:path';
import type { JudgedThreshold } from '../../metrics/threshold.ts';
import { networkProblems } from '../../network/measured.ts';
import { writeNewAtomically } from '../../os/atomic-write.ts';
import { msBetween, nowMs } from '../../os/clock.ts';
import {
  type Attachment,
  type Attachments,
  findAttachments,
  noAttachments,
} from '../../outputs/attachments/attachments.ts';
import { instanceDirOf, runFiles } from '../../outputs/layout.ts';
import type { Mask } from '../../outputs/mask.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Session } from '../../runners/runner.ts';
import { messageOf } from '../../util/errors.ts';
import { writeBundle } from '../bundle/bundle.ts';
import { type Causes, noCauses } from '../causes/cause.ts';
import { withEvidence } from '../causes/evidence.ts';
import { rankCauses } from '../causes/rank-causes.ts';
import type { RunContext } from '../context.ts';
import type { Stop } from '../events/ending.ts';
import type { EventCollector } from '../events/event-collector.ts';
import { maskedResult, maskedSnapshot } from '../events/masked-event.ts';
import type { NetworkCounts } from '../events/network-counts.ts';
import { indexMetrics } from '../metrics/index-metrics.ts';
import { judgeThresholds, withThresholds } from '../metrics/judge-thresholds.ts';
import { judgeRun } from './judge-run.ts';
import type { Outcome } from './outcomes.ts';
import { type FaultVerdict, faultProblems, notPassed, type RunResult } from './result.ts';

/** A run that has ended. */
export interface EndedRun {
  readonly result: RunResult;
  /** Why the records, and perhaps the outputs, are incomplete: a full disk, for example. */
  readonly recordProblem: string | undefined;
  /** The key of each group's artifact, by the group's ID. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/** A run whose instances have all ended. */
interface Ending {
  readonly spec: RunSpec;
  readonly runDir: string;
  readonly artifacts: RunContext['artifacts'];
  readonly dependsOnSdk: ReadonlySet<string>;
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Undefined if no instance was started. */
  readonly session?: Pick<Session, 'network'> | undefined;
  readonly collector: EventCollector;
  readonly started: Date;
  readonly ended: Date;
  /** Why tg stopped the run; undefined if all instances ended by themselves. */
  readonly stop: Stop | undefined;
  /** Limits of this machine that may have been too low, as text. */
  readonly doubts: readonly string[];
  readonly mask: Mask;
  /** Aborts the reading of metrics. */
  readonly kill: AbortSignal;
  /** The greatest number of runs at the same time, this one included. */
  readonly sideBySide: () => number;
  readonly warn: (text: string) => void;
}

/** The reasons for a stop that make a run fail, whatever its instances' outcomes. */
const failing: readonly Stop['ending'][] = ['refused', 'disk-full', 'max-output'];

/** Determines the verdict on a run and writes it to the run's outputs. */
export async function conclude(ending: Ending): Promise<EndedRun> {
  const { spec, started, ended, stop, doubts, mask, warn } = ending;
  const measurement = { ...ending, network: ending.collector.network.measured };
  const thresholds = await judgeThresholds(measurement);
  const verdict = judge(ending, thresholds);
  // The causes come from what is masked already: a part of a secret would not be recognised.
  const frame = { ...frameOf(spec, started, ended), side_by_side: ending.sideBySide() };
  const bare = { ...frame, ...verdict, ...noCauses, ...noAttachments };
  const masked = maskedResult(bare, mask);
  const result = { ...masked, ...causesOf(masked, ending), ...(await attachmentsOf(ending)) };
  const all = new Set([...doubts, ...[...ending.artifacts.values()].flatMap(({ doubt }) => doubt ?? [])]);
  if (notPassed(result).length > 0) for (const doubt of all) warn(`possible cause of failure: ${doubt}`);
  const kept = await keep(ending, result);
  // A full disk has no room for the index, which repeats the metrics.
  if (stop?.ending !== 'disk-full') (await indexMetrics(measurement)).forEach(warn);
  return kept;
}

function causesOf(result: RunResult, { spec, started, collector, mask, runDir, artifacts }: Ending): Causes {
  const { facts, snapshot } = collector;
  const stall = snapshot && maskedSnapshot(snapshot, mask);
  const failedAtMs = (instance: InstanceId) => facts.of(instance).failedAtMs;
  const planDirOf = (group: string) => {
    const artifact = artifacts.get(group);
    return artifact?.kind === 'command' ? artifact.dir : undefined;
  };
  const ranked = rankCauses(result, { failedAtMs, stall });
  const offsetsOf = (instance: InstanceId) => facts.of(instance);
  const builtFrom = { path: spec.plan.dir, builtAtMs: started.getTime() };
  return withEvidence(ranked, {
    ...{ runDir, planDirOf, builtFrom, offsetsOf },
    mask: (line) => mask.text(line),
  });
}

/**
 * The attachments of a run. Secrets in them are masked. Those with a secret in their name are left out, and all
 * of them if one cannot be read.
 */
async function attachmentsOf({ runDir, spec, mask, warn }: Ending): Promise<Attachments> {
  try {
    const found = await findAttachments(runDir, instancesOf(spec), spec.attachments);
    if (mask.isEmpty) return found;
    const attachments: Attachment[] = [];
    for (const attachment of found.attachments) {
      const { group, index, name, type } = attachment;
      if (mask.text(name) !== name) continue;
      await mask.file(join(instanceDirOf(runDir, group, index), name));
      attachments.push({ ...attachment, type: mask.text(type) });
    }
    return { ...found, attachments };
  } catch (error) {
    warn(`the attachments of the run are not listed: ${messageOf(error)}`);
    return noAttachments;
  }
}

function* instancesOf({ groups }: RunSpec): Generator<InstanceId> {
  for (const { id, instances } of groups)
    for (let index = 0; index < instances; index++) yield { group: id, index };
}

/** The outcome of a run that did not begin: `canceled` if it was canceled, else `error`. */
export function unbegunOutcome(cancel: AbortSignal): 'canceled' | 'error' {
  return cancel.aborted ? 'canceled' : 'error';
}

/**
 * Records that a run did not begin.
 * @param error why, as text.
 * @returns the content of result.json.
 */
export async function concludeUnbegun(
  spec: RunSpec,
  runDir: string,
  started: Date,
  { outcome, error }: Pick<RunResult, 'outcome'> & { readonly error: string },
): Promise<RunResult> {
  const frame = { ...frameOf(spec, started, new Date(nowMs())), ...neverBegan, outcome, error };
  const result = { ...frame, ...rankCauses(frame) };
  await writeResult(runDir, result);
  return result;
}

/** The result fields of a run that did not begin. */
const neverBegan = {
  stopped: null,
  counts: {},
  groups: [],
  thresholds: [],
  faults: [],
  network: null,
  machine: null,
  side_by_side: 1,
  ...noAttachments,
} as const;

function judge(
  { spec, session, collector, dependsOnSdk, stop }: Ending,
  thresholds: readonly JudgedThreshold[],
) {
  const { facts, network, machine, abandonReason } = collector;
  const faults = collector.faults.result(spec.faults);
  const refused = stop !== undefined && failing.includes(stop.ending);
  const { outcome, ...verdicts } = judgeRun(spec, facts, dependsOnSdk, refused);
  return {
    outcome: withFaults(
      withFidelity(withThresholds(outcome, thresholds), spec, network, session?.network.isStrict === true),
      verdicts,
      faults,
    ),
    ...verdicts,
    thresholds,
    faults,
    error: null,
    stopped: stoppedBy(stop, abandonReason),
    network: network.result(spec.groups.map(({ sidecar }) => sidecar)),
    machine: machine.summary(),
  };
}

/**
 * A success is unknown if the network that the plan asked for was not there: it was not shaped, although no person had
 * chosen that, or not delivered as asked, if that is how it is to be judged.
 */
function withFidelity(
  outcome: Outcome,
  { config, groups }: RunSpec,
  { measured, notAsAsked }: NetworkCounts,
  isStrict: boolean,
): Outcome {
  if (outcome !== 'success') return outcome;
  const isStandIn = config.sidecar === undefined && groups.some(({ sidecar }) => sidecar === 'noop');
  const isUnshaped = notAsAsked > 0 && isStandIn;
  const isLacking = isStrict && (measured === undefined || networkProblems(measured).length > 0);
  return isUnshaped || isLacking ? 'unknown' : outcome;
}

/** A success is unknown if a fault was not injected as asked, or if faults ended all instances: nothing was tested. */
function withFaults(
  outcome: Outcome,
  { counts }: Pick<RunResult, 'counts'>,
  faults: readonly FaultVerdict[],
): Outcome {
  return outcome === 'success' && faultProblems({ faults, counts }).length > 0 ? 'unknown' : outcome;
}

/** Writes the result of a run, and the bundle that can repeat it. */
async function keep(
  { spec, extraEnv, runDir, artifacts, mask }: Ending,
  result: RunResult,
): Promise<EndedRun> {
  const keys = new Map([...artifacts].map(([group, { key }]) => [group, key]));
  const commit = [...artifacts.values()].find((artifact) => artifact.commit !== undefined)?.commit;
  const bundle = { spec, env: Object.keys(extraEnv), artifacts: Object.fromEntries(keys), commit };
  const unkept = await writeBundle(runDir, bundle, mask);
  const failure = (await writeResult(runDir, result)) ?? unkept;
  return { result, recordProblem: failure, artifacts: keys };
}

function stoppedBy(stop: Stop | undefined, abandonReason: string | undefined): RunResult['stopped'] {
  if (stop !== undefined && stop.ending !== 'no-longer-needed') return { ...stop, ending: stop.ending };
  return abandonReason === undefined ? null : { ending: 'abandoned', why: abandonReason };
}

/** The fields that every result has, whatever its outcome. */
function frameOf(spec: RunSpec, started: Date, ended: Date) {
  return {
    version: 1,
    run_id: spec.runId,
    name: spec.name,
    plan: spec.plan.name,
    case: spec.testCase,
    seed: spec.seed,
    instances: spec.totalInstances,
    started: started.toISOString(),
    ended: ended.toISOString(),
    duration_ms: msBetween(started.getTime(), ended.getTime()),
  } as const;
}

/** @returns why the result could not be written; undefined if it was. */
async function writeResult(runDir: string, result: RunResult): Promise<string | undefined> {
  const file = join(runDir, runFiles.result);
  const text = `${JSON.stringify(result, null, 2)}\n`;
  return await writeNewAtomically(file, text).then(() => undefined, messageOf);
}
