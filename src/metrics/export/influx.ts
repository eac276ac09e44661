import { pushedAs, type Sample } from '../sample.ts';
import { splitTags } from '../tags.ts';

/** The run of the samples, as the SDKs name it in pushed points. */
export interface ExportedRun {
  readonly runId: string;
  readonly plan: string;
  readonly testCase: string;
}

/**
 * A sample as a line of InfluxDB's line protocol, under the name that the Go SDK uses
 * (`results.<plan>-<case>.<name>.<type>`, runtime/metrics.go). The instance is an additional tag, because two instances
 * may report at the same moment.
 * @returns an empty text for a sample without a finite number: InfluxDB supports no others.
 */
export function toInflux(sample: Sample, { runId, plan, testCase }: ExportedRun): string {
  const { ns, group, instance, source, type, name, tags, measures } = sample;
  const measurement = source === 'pushed' ? name : `${source}.${pushedAs(plan, testCase)}.${name}.${type}`;
  const own = [
    ['run', runId],
    ['group_id', group],
    ['instance', String(instance)],
  ] as const;
  const names = new Set<string>(own.map(([key]) => key));
  // Tag names must be unique; tags of the plan do not override ours.
  const tagged = new Map(splitTags(tags).map(([key, value]) => [names.has(key) ? `tag_${key}` : key, value]));
  const all = [...tagged, ...own];
  // The Go SDK counts in integers, and a field has one type.
  const mark = type === 'counter' ? 'i' : '';
  const fields = Object.entries(measures)
    .filter(([, value]) => Number.isFinite(value))
    .map(([key, value]) => `${escaped(key)}=${value}${Number.isSafeInteger(value) ? mark : ''}`);
  if (fields.length === 0) return '';
  const text = all.map(([key, value]) => `,${escaped(key)}=${escaped(value)}`).join('');
  return `${inLine(measurement).replaceAll(/[, ]/g, '\\$&')}${text} ${fields.join(',')} ${ns}\n`;
}

function escaped(word: string): string {
  return inLine(word).replaceAll(/[,= ]/g, '\\$&');
}

/** A newline in a name would end the point, and a trailing backslash would escape the next character. */
function inLine(word: string): string {
  return word.replaceAll('\n', '\\n').replace(/\\+$/, '');
}
