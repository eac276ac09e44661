import { join } from 'node:path';
import type { RunRecord } from '../../history/record.ts';
import { runFiles } from '../../outputs/layout.ts';
import { type Bundle, readBundle } from '../../run/bundle/bundle.ts';
import { truncate } from '../../util/truncate.ts';

/** A setting in which runs may differ. */
interface Setting {
  /** `parameter fanout` */
  readonly name: string;
  readonly value: string;
  /** The setting with its value, in the name of a side: `fanout=4`. */
  readonly short: string;
}

/** The settings of a run, or of all runs of a side, by name. */
export type Settings = ReadonlyMap<string, Setting>;

/** How many characters of the key of an artifact and of a commit are in the name of a side. */
const shownOfKey = 10;

/** Reads the settings of a run. @throws TgError (collect) if they cannot be read. */
export async function settingsOf({ dir }: Pick<RunRecord, 'dir'>): Promise<Settings> {
  const { spec, artifacts, commit: found } = await readBundle(join(dir, runFiles.bundle));
  const { timeoutMs, sync, sidecar } = spec.config;
  const { branch } = spec.metadata;
  const commit = commitText(spec.metadata.commit, found);
  const labels = spec.labels.join(', ');
  const timeout = timeoutMs === undefined ? 'none' : `${timeoutMs} ms`;
  const groups = spec.groups.flatMap(({ id, instances, params, build }): Setting[] => {
    const isOnly = spec.groups.length === 1;
    const named = (name: string, value: string, short: string): Setting =>
      isOnly ? { name, value, short } : { name: `${id}: ${name}`, value, short: `${id}: ${short}` };
    const key = artifacts[id];
    return [
      named('instances', String(instances), `${instances} instance${instances === 1 ? '' : 's'}`),
      ...Object.entries(params).map(([name, value]) => named(`parameter ${name}`, value, `${name}=${value}`)),
      named(
        'built as',
        key ?? build.builder,
        key === undefined ? `built by ${build.builder}` : `code ${digestIn(key).slice(0, shownOfKey)}`,
      ),
    ];
  });
  const all: readonly Setting[] = [
    ...(labels === '' ? [] : [{ name: 'labels', value: labels, short: labels }]),
    { name: 'plan', value: spec.plan.name, short: spec.plan.name },
    { name: 'test case', value: spec.testCase, short: spec.testCase },
    ...groups,
    ...(commit === undefined ? [] : [{ name: 'commit', ...commit }]),
    ...(branch === '' ? [] : [{ name: 'branch', value: branch, short: `branch ${branch}` }]),
    { name: 'timeout', value: timeout, short: `timeout ${timeout}` },
    { name: 'sync', value: sync.store, short: `sync ${sync.store}` },
    { name: 'sidecar', value: sidecar ?? 'none', short: `sidecar ${sidecar ?? 'none'}` },
  ];
  return new Map(all.map((setting) => [setting.name, setting]));
}

/**
 * The commit of a run as its value and in the name of a side.
 * @param named the one that a flag names; empty for none.
 * @param found the one that the plan's folder was at.
 */
function commitText(named: string, found: Bundle['commit']): Pick<Setting, 'value' | 'short'> | undefined {
  if (named !== '') return { value: named, short: `commit ${named.slice(0, shownOfKey)}` };
  if (found === undefined) return undefined;
  const changed = found.isChanged ? ' with changes' : '';
  return { value: `${found.id}${changed}`, short: `commit ${found.id.slice(0, shownOfKey)}${changed}` };
}

/** The digest in the key of an artifact: `exec-node--plan-92d14bbf4245` ends with it. */
function digestIn(key: string): string {
  return key.slice(key.lastIndexOf('-') + 1);
}

/** The settings of several runs of one side: different values of a setting are joined. */
export function joinedSettings(all: readonly Settings[]): Settings {
  const joined = new Map<string, Setting>();
  for (const name of namesIn(all)) {
    const values = all.flatMap((settings) => settings.get(name) ?? []);
    const different = (of: (setting: Setting) => string) => [...new Set(values.map(of))].join(' or ');
    joined.set(name, {
      name,
      value: different(({ value }) => value),
      short: different(({ short }) => short),
    });
  }
  return joined;
}

/** The differences between the settings of sides, one per line: `parameter fanout: 4, 6`. */
export function differences(sides: readonly Settings[]): string[] {
  return differing(sides).map(
    (name) => `${name}: ${sides.map((settings) => settings.get(name)?.value ?? '–').join(', ')}`,
  );
}

/** How many settings the name of a side has; the list of differences has all. */
const maxInTitle = 4;
/** The maximum number of characters of each. */
const maxOfPart = 40;

/** The name of each side: the settings in which it differs from the others, `fanout=4, 8 instances`; may be empty. */
export function sideTitles(sides: readonly Settings[]): string[] {
  const names = differing(sides);
  return sides.map((settings) => {
    const parts = names.flatMap((name) => {
      const short = settings.get(name)?.short;
      return short === undefined ? [] : [truncate(short, maxOfPart)];
    });
    const more = parts.length - maxInTitle;
    return [...parts.slice(0, maxInTitle), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  });
}

function differing(sides: readonly Settings[]): string[] {
  return namesIn(sides).filter(
    (name) => new Set(sides.map((settings) => settings.get(name)?.value ?? '–')).size > 1,
  );
}

function namesIn(all: readonly Settings[]): string[] {
  return [...new Set(all.flatMap((settings) => [...settings.keys()]))];
}
