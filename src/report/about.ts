import { join } from 'node:path';
import { ownerLines, type RunRecord } from '../history/record.ts';
import type { Why } from '../history/why.ts';
import { msBetween } from '../os/clock.ts';
import { runFiles } from '../outputs/layout.ts';
import type { GroupSpec } from '../plan/run-spec.ts';
import { withoutSecrets } from '../plan/secrets.ts';
import type { Threshold } from '../plan/threshold.ts';
import { type Bundle, readBundle } from '../run/bundle/bundle.ts';
import type { Cause } from '../run/causes/cause.ts';
import { causeTitles } from '../run/causes/cause-text.ts';
import { causesIn } from '../run/causes/rank-causes.ts';
import { roundedDuration, snapshotLines } from '../run/stall/stall-text.ts';
import { judgedText, type RunResult } from '../run/verdict/result.ts';
import { messageOf } from '../util/errors.ts';
import { formatDuration } from '../values/go-duration.ts';
import type { About, ReportGroup } from './data.ts';
import { reportCauseOf } from './report-cause.ts';

/** The start of a run, and its end or last event, in ms since the epoch. */
interface Times {
  readonly began: number;
  readonly last: number;
}

/**
 * Gathers the metadata and the verdict of a run.
 * @param onGap is called with each gap in the data.
 */
export async function aboutRun(
  record: RunRecord,
  { result, why }: { readonly result: RunResult | undefined; readonly why: Why },
  { began, last }: Times,
  onGap: (text: string) => void,
): Promise<{
  readonly about: About;
  readonly groups: readonly ReportGroup[];
  readonly thresholds: readonly Threshold[];
}> {
  const bundle = await readBundle(join(record.dir, runFiles.bundle)).catch((error: unknown) => {
    onGap(`the settings of the run are missing: ${messageOf(error)}`);
    return undefined;
  });
  const about: About = {
    ...{ runId: record.runId, name: record.name, plan: record.plan, testCase: record.case },
    ...{ runner: record.runner, state: record.state, outcome: record.outcome },
    why: whyLines(record, why, result === undefined ? [] : causesIn(result).causes),
    ...causesOf(result),
    thresholds: (result?.thresholds ?? []).map((threshold) => ({
      words: judgedText(threshold),
      isMet: threshold.outcome === 'met',
    })),
    faults: (result?.faults ?? []).map(({ fault, injected, problem }) => ({
      words: `fault: ${fault}; ${problem ?? `injected ${injected === 1 ? 'once' : `${injected} times`}`}`,
      isMet: problem === null,
    })),
    // A stall of a run that passed is not worth reporting.
    stood: why.stalled === undefined || record.outcome === 'success' ? [] : stoodLines(why.stalled, began),
    began,
    tookMs: msBetween(began, record.state === 'processing' ? Date.now() : last),
    rerun: `tg rerun ${record.runId}`,
    facts: bundle === undefined ? [] : factsOf(bundle),
  };
  const specs = new Map(bundle && withoutSecrets(bundle.spec).groups.map((group) => [group.id, group]));
  return {
    about,
    groups: record.groups.map(({ id, instances }) => groupOf(id, instances, specs.get(id))),
    thresholds: bundle?.spec.thresholds ?? [],
  };
}

function causesOf(result: RunResult | undefined): Pick<About, 'causes' | 'consequences'> {
  if (result === undefined) return { causes: [], consequences: [] };
  const { causes, more_causes, consequences } = causesIn(result);
  return {
    causes: causes.map(reportCauseOf),
    consequences: causeTitles({ causes: [], more_causes, consequences }),
  };
}

/** What ended a run, unless a cause says so. */
function whyLines(
  { state, error, unseenOwner }: RunRecord,
  { abandonReason, stopped }: Why,
  causes: readonly Cause[],
): string[] {
  if (causes.some(({ kind }) => kind === 'stopped' || kind === 'error'))
    return ownerLines({ state, unseenOwner });
  return [
    ...ownerLines({ state, unseenOwner }),
    // A cause names the instance that failed.
    ...(abandonReason === undefined || causes.length > 0 ? [] : [`the run was abandoned: ${abandonReason}`]),
    ...(stopped === undefined || stopped === abandonReason ? [] : [`the run was stopped: ${stopped}`]),
    ...(error === '' || error === stopped || error === abandonReason ? [] : [error]),
  ];
}

function stoodLines({ at, forMs, snapshot, resumed }: NonNullable<Why['stalled']>, began: number): string[] {
  const since = at.getTime() - forMs;
  const until = resumed === undefined ? '' : `, until ${seconds(msBetween(began, resumed.getTime()))}`;
  return [
    `no progress from ${seconds(msBetween(began, since))} on${until}; the state after ${roundedDuration(forMs)}:`,
    ...snapshotLines(snapshot),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

function groupOf(id: string, instances: number, spec: GroupSpec | undefined): ReportGroup {
  if (spec === undefined) return { id, instances, builder: '', expect: 'success', params: [] };
  const params = Object.entries(spec.params).map(([name, value]) => [name, String(value)] as const);
  return { id, instances, builder: spec.build.builder, expect: spec.expect, params };
}

function factsOf({ spec, versions = {}, env, artifacts, commit }: Bundle): About['facts'] {
  const { config } = spec;
  const facts: (readonly [string, string | undefined])[] = [
    ['plan', spec.plan.dir],
    ['seed', spec.seed],
    ['timeout', config.timeoutMs === undefined ? 'none' : formatDuration(config.timeoutMs)],
    ['sync service', config.sync.store],
    ['sidecar', config.sidecar],
    ['commit', commit && `${commit.id}${commit.isChanged ? ', with changes' : ''}`],
    ['environment', env.length === 0 ? undefined : env.join(', ')],
    ...Object.entries(versions).map(([name, version]) => [name, version] as const),
    ...Object.entries(artifacts).map(([group, key]) => [`built for ${group}`, key] as const),
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
