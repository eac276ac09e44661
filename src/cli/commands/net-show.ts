import { join } from 'node:path';
import { oneInstance } from '../../history/instances.ts';
import { type Configured, readConfigured } from '../../history/network.ts';
import { recordedResult } from '../../history/result.ts';
import { selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { runFiles } from '../../outputs/layout.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { type NetworkWay, roundTripOf } from '../../plan/network-way.ts';
import { runnerInfo } from '../../plan/resolve/runner-info.ts';
import { readBundle } from '../../run/bundle/bundle.ts';
import type { MeasuredLink } from '../../run/verdict/result.ts';
import { runnerCatalog } from '../../runners/registry.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { formatSize } from '../../values/size.ts';
import { msText } from '../../values/units.ts';
import { firstSenderTexts, networkAsData, oneWayText } from '../output/describe-network.ts';
import type { NetShowJson } from '../output/json/net-show-json.ts';
import { printJson, say } from '../output/say.ts';
import { note } from '../output/warn.ts';

/** What is known of the network of an instance. */
interface Shown {
  readonly instance: InstanceId;
  readonly configured: readonly Configured[];
  /** Undefined while the run is active. */
  readonly counts: Counts | undefined;
}

/** What happened to the packets of an instance. */
type Counts = Omit<MeasuredLink, keyof InstanceId>;

/** `tg net show <run> <instance> <instance>`: what the network between two instances is, and what it has done. */
export async function netShow(
  asked: string,
  names: readonly [string, string],
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), asked, note);
  const pair = names.map((name) => oneInstance(record, name));
  const [from, to] = pair.map(instanceTag);
  if (from === to) throw new TgError('usage', 'name two different instances');
  const { spec } = await readBundle(join(record.dir, runFiles.bundle));
  const way = runnerInfo(runnerCatalog, record.runner)?.declaredWays?.(spec, pair)[0];
  const configured = await readConfigured(record.dir, pair);
  const links = recordedResult(record)?.network?.measured?.links ?? [];
  const shown = pair.map((instance): Shown => {
    const tag = instanceTag(instance);
    const link = links.find((each) => instanceTag(each) === tag);
    return { instance, configured: configured.get(tag) ?? [], counts: link && countsOf(link) };
  });
  if (options.json) printJson(asJson(record.runId, way, shown));
  else say(asText(way, shown));
  return exitCodes.success;
}

function countsOf({ group: _, index: __, ...counts }: MeasuredLink): Counts {
  return counts;
}

function asText(way: NetworkWay | undefined, shown: readonly Shown[]): string {
  const [from = '', to = ''] = shown.map(({ instance }) => instanceTag(instance));
  return [`${from} and ${to}\n`, ...declaredLines(way), ...shown.map(instanceText)].join('');
}

function declaredLines(way: NetworkWay | undefined): string[] {
  if (way === undefined) return ['  nothing is declared between them\n'];
  const { there, back, fromNat, toNat, firstSender } = way;
  const ms = roundTripOf(way);
  const trip = ms === undefined ? 'no round trip' : `round trip ${msText(ms)}`;
  const nats = [fromNat, toNat].map((nat) => nat ?? 'none').join(' and ');
  return [
    `  declared: ${trip}; there ${oneWayText(there)}; back ${oneWayText(back)}\n`,
    fromNat === undefined && toNat === undefined
      ? ''
      : `  NATs: ${nats}; can send first: ${firstSenderTexts[firstSender]}\n`,
  ];
}

function instanceText({ instance, configured, counts }: Shown): string {
  const asked = configured.map(({ at, applied, notApplied }) => {
    const settings = applied.length === 0 ? 'a plain network' : applied.join(', ');
    const what = notApplied.length === 0 ? settings : `not applied: ${notApplied.join(', ')}`;
    return `  after ${formatDuration(at)}: ${what}\n`;
  });
  return [
    `${instanceTag(instance)}\n`,
    ...(asked.length === 0 ? ['  has not configured its network\n'] : asked),
    counts === undefined ? '' : `  ${countsText(counts)}\n`,
  ].join('');
}

function countsText({ sent, received, ...rest }: Counts): string {
  const { sent_bytes, received_bytes, lost, overflowed, unasked, strayed } = rest;
  return [
    `sent ${sent} packets (${formatSize(sent_bytes)}), received ${received} (${formatSize(received_bytes)})`,
    ...(lost === 0 ? [] : [`${lost} lost as asked`]),
    ...(overflowed === 0 ? [] : [`${overflowed} dropped by a full queue`]),
    ...(unasked === 0 ? [] : [`${unasked} dropped although that was not asked for`]),
    ...(strayed === 0 || strayed === null ? [] : [`${strayed} sent to an address that no instance has`]),
  ].join(', ');
}

function asJson(runId: string, way: NetworkWay | undefined, shown: readonly Shown[]): string {
  const its: NetShowJson = {
    version: 1,
    run_id: runId,
    declared: way === undefined ? null : networkAsData(way),
    instances: shown.map(({ instance: { group, index }, configured, counts }) => ({
      group,
      index,
      configured: configured.map(({ at, applied, notApplied }) => ({
        ...{ at_ms: at, applied: [...applied], not_applied: [...notApplied] },
      })),
      counts: counts ?? null,
    })),
  };
  return `${JSON.stringify(its, null, 2)}\n`;
}
