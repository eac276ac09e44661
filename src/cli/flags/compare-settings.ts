import { join } from 'node:path';
import type { RunRecord } from '../../history/record.ts';
import { runFiles } from '../../outputs/layout.ts';
import { readBundle } from '../../run/bundle/bundle.ts';

/** The settings in which two runs may differ, by name. */
type Settings = ReadonlyMap<string, string>;

async function settingsOf({ dir }: RunRecord): Promise<Settings> {
  const { spec, artifacts } = await readBundle(join(dir, runFiles.bundle));
  const { timeoutMs, sync, sidecar } = spec.config;
  const groups = spec.groups.flatMap((group) => {
    const of = (name: string) => (spec.groups.length === 1 ? name : `${group.id}: ${name}`);
    return [
      [of('instances'), String(group.instances)] as const,
      [of('built as'), artifacts[group.id] ?? group.build.builder] as const,
      ...Object.entries(group.params).map(([name, value]) => [of(`parameter ${name}`), value] as const),
    ];
  });
  return new Map([
    ['plan', spec.plan.name],
    ['test case', spec.testCase],
    ...groups,
    ['timeout', timeoutMs === undefined ? 'none' : `${timeoutMs} ms`],
    ['sync', sync.store],
    ['sidecar', sidecar ?? 'none'],
  ]);
}

/**
 * The differences between the settings of runs, one per line: `parameter fanout: 4, 6`.
 * @param runs one for each side.
 */
export async function differences(runs: readonly RunRecord[]): Promise<string[]> {
  const all = await Promise.all(runs.map(settingsOf));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  return names.flatMap((name) => {
    const values = all.map((settings) => settings.get(name) ?? '–');
    return new Set(values).size === 1 ? [] : [`${name}: ${values.join(', ')}`];
  });
}
