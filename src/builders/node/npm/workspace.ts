import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { ancestorsOf } from '../../ancestors.ts';
import { textOrEmpty } from '../../plain-file.ts';
import { readPackage } from '../package.ts';

const patternsSchema = z.union([z.array(z.string()), z.looseObject({ packages: z.array(z.string()) })]);

/** The folder of the workspace that a plan belongs to; undefined if there is none. */
export async function workspaceAbove(planDir: string): Promise<string | undefined> {
  for (const folder of ancestorsOf(planDir)) {
    const place = relative(folder, planDir);
    const patterns = await patternsIn(folder);
    const isIn = (pattern: string) => matcher(pattern).test(place);
    if (
      patterns.some((pattern) => !pattern.startsWith('!') && isIn(pattern)) &&
      !patterns.some((pattern) => pattern.startsWith('!') && isIn(pattern.slice(1)))
    )
      return folder;
  }
  return undefined;
}

async function patternsIn(folder: string): Promise<readonly string[]> {
  const yaml = await textOrEmpty(join(folder, 'pnpm-workspace.yaml'));
  if (yaml !== '') return patternsOfPnpm(yaml);
  if (!existsSync(join(folder, 'package.json'))) return [];
  // A malformed file outside the plan does not matter.
  const manifest = await readPackage(folder).catch(() => undefined);
  const { data } = patternsSchema.safeParse(manifest?.workspaces);
  return data === undefined ? [] : Array.isArray(data) ? data : data.packages;
}

/** Parses the list in pnpm-workspace.yaml, in both YAML notations. */
function patternsOfPnpm(yaml: string): string[] {
  const [, list = ''] = /^packages:[ \t]*(\[[^\]]*\]|(?:\r?\n[ \t]*(?:-[^\n]*|#[^\n]*)?)+)/m.exec(yaml) ?? [];
  const items = list.startsWith('[') ? list.slice(1, -1).split(',') : list.split('\n');
  return items
    .map((item) => item.replace(/^\s*-?\s*['"]?/, '').replace(/['"]?\s*(?:\s#.*)?$/, ''))
    .filter((item) => item !== '' && !item.startsWith('#'));
}

/** Compiles a glob of folders: `*` matches one name, `**` any number of them. */
function matcher(pattern: string): RegExp {
  const names = pattern.replace(/^\.\//, '').replace(/\/+$/, '').split('/');
  const source = names.map((name) =>
    name === '**' ? '.+' : name.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '[^/]*'),
  );
  return new RegExp(`^${source.join('/')}$`);
}
