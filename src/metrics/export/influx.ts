import type { Sample } from '../sample.ts';

/** The run that samples are of, as the SDKs name it in what they push. */
export interface ExportedRun {
  readonly runId: string;
  readonly plan: string;
  readonly testCase: string;
}

/**
 * A sample as a line of InfluxDB's line protocol, under the name that the Go SDK gives it
 * (`results.<plan>-<case>.<name>.<type>`, runtime/metrics.go), with its instance as one more tag: two instances may say
 * something in one moment.
 */
export function toInflux(sample: Sample, { runId, plan, testCase }: ExportedRun): string {
  const { ns, group, instance, source, type, name, tags, measures } = sample;
  const measurement = source === 'pushed' ? name : `${source}.${plan}-${testCase}.${name}.${type}`;
  const pairs = tags.split(',').flatMap((tag) => {
    const at = tag.indexOf('=');
    // Of a tag without a name or a value InfluxDB says that it is none.
    return at <= 0 || at === tag.length - 1 ? [] : [[tag.slice(0, at), tag.slice(at + 1)] as const];
  });
  const all = [...pairs, ['run', runId], ['group_id', group], ['instance', String(instance)]] as const;
  // The Go SDK counts in integers, and a field has one type.
  const mark = type === 'counter' ? 'i' : '';
  const fields = Object.entries(measures).map(
    ([key, value]) => `${escaped(key)}=${value}${Number.isSafeInteger(value) ? mark : ''}`,
  );
  const tagged = all.map(([key, value]) => `,${escaped(key)}=${escaped(value)}`).join('');
  return `${measurement.replaceAll(/[, ]/g, '\\$&')}${tagged} ${fields.join(',')} ${ns}\n`;
}

function escaped(word: string): string {
  return word.replaceAll(/[,= ]/g, '\\$&');
}
