import { readPoint, unescaped } from '../influx/point.ts';
import { isTime, type MaskText, type Metric, type MetricType, metricTypes, type ReadLine } from './sample.ts';
import { joinTags } from './tags.ts';

/** Tags that an SDK adds to every point; run and group are already known. */
const everywhere: ReadonlySet<string> = new Set(['run', 'group_id']);

/**
 * The name of a metric that the Go SDK pushes: `results.<plan>-<case>.<name>.<type>` (runtime/metrics.go,
 * writeToInfluxDBSink).
 */
const sdkName = new RegExp(`^(results|diagnostics)\\.(.+)\\.(${metricTypes.join('|')})$`);

/**
 * Parses a point of `metrics.lp`. Strings and booleans are not metrics.
 * @param plan plan and case, as `<plan>-<case>`.
 */
export function readPushedLine(line: string, plan: string, masked: MaskText = (text) => text): ReadLine {
  const plain = (word: string) => masked(unescaped(word));
  const point = readPoint(line);
  if (point?.timestamp === undefined || !isTime(point.timestamp))
    return { metric: undefined, isWhole: false };
  const numbers = point.fields.flatMap(([key, text]) => {
    const value = numberOf(text);
    return value === undefined ? [] : [[plain(key), value] as const];
  });
  if (numbers.length === 0) return { metric: undefined, isWhole: true };
  const tags = point.tags.map(([key, value]) => [plain(key), plain(value)] as const);
  const named = nameOf(unescaped(point.measurement), plan);
  const metric: Metric = {
    ns: point.timestamp,
    ...named,
    name: masked(named.name),
    tags: joinTags(tags.filter(([key]) => !everywhere.has(key))),
    measures: Object.fromEntries(numbers),
  };
  return { metric, isWhole: true };
}

function nameOf(measurement: string, plan: string): Pick<Metric, 'source' | 'type' | 'name'> {
  const [, source, rest, type] = sdkName.exec(measurement) ?? [];
  if (source === undefined || rest?.startsWith(`${plan}.`) !== true)
    return { source: 'pushed', type: 'pushed', name: measurement };
  return {
    source: source as 'results' | 'diagnostics',
    type: type as MetricType,
    name: rest.slice(plan.length + 1),
  };
}

/** Numbers are `1.5`, `1i` and `1u`; returns undefined for strings and booleans. */
function numberOf(text: string): number | undefined {
  const [, digits] = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)[iu]?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
