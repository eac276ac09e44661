import type { RunRecord } from '../../../history/record.ts';
import type { CompareFailedJson } from '../../output/json/compare-failed-json.ts';
import { metricAsJson } from './comparison-json.ts';
import type { FailedRounds } from './failed-rounds.ts';

const maxLines = 200;

/** What failing rounds have that passing ones lack, as what `--failed --json` prints. */
export function failedAsJson(rounds: FailedRounds): CompareFailedJson {
  const { failed, passed, removed, leftOut, rate, settings, partings, lines, metrics } = rounds;
  const idsOf = (records: readonly RunRecord[]) => records.map(({ runId }) => runId);
  return {
    version: 1,
    rounds: failed.length + passed.length + removed,
    removed,
    failed: idsOf(failed),
    left_out: idsOf(leftOut),
    failure_rate: rate === undefined ? null : { share: rate.count / rate.of, low: rate.low, high: rate.high },
    settings: settings.map(({ setting, value, failed: count }) => ({ setting, value, failed: count })),
    partings: partings.map(({ group, event, after, isByAll, runs, without }) => ({
      ...{ group, event, after },
      by_all: isByAll,
      runs: [...runs],
      missing: [...without],
    })),
    lines: lines.slice(0, maxLines).map(({ kind, shape, rounds: count, example }) => ({
      class: kind,
      line: shape,
      failed: count,
      example: {
        run: example.runId,
        group: example.instance.group,
        index: example.instance.index,
        elapsed_ms: example.elapsedMs,
        text: example.text,
      },
    })),
    lines_left_out: Math.max(0, lines.length - maxLines),
    metrics: metrics.map(metricAsJson),
  };
}
