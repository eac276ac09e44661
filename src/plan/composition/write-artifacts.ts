import { readFile, realpath, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { intoPartial, replaceAtomically } from '../../os/atomic-write.ts';
import { expecting, TgError } from '../../util/errors.ts';

/**
 * Writes artifact keys into a composition file, as `artifact` under `[groups.run]` of each group. All other lines,
 * including comments, are unchanged.
 * @param keys the key of each group, by its ID.
 * @throws TgError (environment) if the file cannot be written, (usage) if its layout does not allow the edit.
 */
export async function writeArtifacts(file: string, keys: ReadonlyMap<string, string>): Promise<void> {
  const before = await readFile(file, 'utf8');
  const after = withArtifacts(before, keys);
  if (!holds(after, before, keys)) {
    const lines = [...keys].map(([id, key]) => `${id}: artifact = "${key}"`);
    throw new TgError('usage', 'the artifacts cannot be written into this file', {
      where: file,
      hint: `Write them under [groups.run] of each group yourself:\n${lines.join('\n')}`,
    });
  }
  await replace(file, after).catch(
    expecting(
      'environment',
      file,
      'the artifacts cannot be written there',
      'Fix the permissions of that file.',
    ),
  );
}

/**
 * Checks before the build that artifacts can be written into a composition file.
 * @throws TgError (usage) if its layout does not allow the edit.
 */
export async function checkWritable(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const keys = new Map(groupsIn(text).map(({ id }) => [id, 'key']));
  if (holds(withArtifacts(text, keys), text, keys)) return;
  throw new TgError('usage', 'artifacts cannot be written into this file', {
    where: file,
    hint: 'Write each group as [[groups]] with its keys below it, or omit --write-artifacts.',
  });
}

/** Replaces the file atomically by rename, keeping links and the mode. */
async function replace(link: string, text: string): Promise<void> {
  const file = await realpath(link);
  await replaceAtomically(file, async (partial) => await writeFile(partial, text, { flag: intoPartial }));
}

const groupHeader = /^\s*\[\[\s*groups\s*\]\]/;
const runHeader = /^\s*\[\s*groups\s*\.\s*run\s*\]/;
const belongsToGroup = /^\s*\[\s*groups\s*\./;
const anyHeader = /^\s*\[/;
const artifactLine = /^(\s*artifact\s*=\s*)("[^"]*"|'[^']*')/;

function withArtifacts(text: string, keys: ReadonlyMap<string, string>): string {
  const ids = groupsIn(text).map(({ id }) => id);
  let group = -1;
  return text
    .split(/(?<=\n)/)
    .reduce<string[][]>((sections, line) => {
      const starts = groupHeader.test(line) || (anyHeader.test(line) && !belongsToGroup.test(line));
      if (starts || sections.length === 0) sections.push([line]);
      else sections.at(-1)?.push(line);
      return sections;
    }, [])
    .flatMap((section) => {
      if (!groupHeader.test(section[0] ?? '')) return section;
      const key = keys.get(ids[++group] ?? '');
      return key === undefined ? section : withArtifact(section, key);
    })
    .join('');
}

/** Returns the lines of one group with its artifact. */
function withArtifact(lines: readonly string[], key: string): string[] {
  const run = lines.findIndex((line) => runHeader.test(line));
  if (run === -1) {
    const end = lines.findLastIndex((line) => line.trim() !== '' && !line.trimStart().startsWith('#')) + 1;
    const last = lines[end - 1] ?? '';
    const body = [...lines.slice(0, end - 1), last.endsWith('\n') ? last : `${last}\n`];
    return [...body, '[groups.run]\n', `artifact = "${key}"\n`, ...lines.slice(end)];
  }
  const next = lines.findIndex((line, index) => index > run && anyHeader.test(line));
  const at = lines.findIndex(
    (line, index) => index > run && (next === -1 || index < next) && artifactLine.test(line),
  );
  if (at === -1) return lines.toSpliced(run + 1, 0, `artifact = "${key}"\n`);
  return lines.with(at, (lines[at] ?? '').replace(artifactLine, `$1"${key}"`));
}

interface Group {
  readonly id: string;
  readonly run?: { readonly artifact?: string };
}

function groupsIn(text: string): readonly Group[] {
  return (parse(text) as { groups?: Group[] }).groups ?? [];
}

/** Whether the new text equals the old one except for the artifacts. */
function holds(after: string, before: string, keys: ReadonlyMap<string, string>): boolean {
  try {
    const said = (text: string) => ({
      ...parse(text),
      groups: groupsIn(text).map((group) => {
        const artifact = keys.get(group.id) ?? group.run?.artifact;
        return artifact === undefined ? group : { ...group, run: { ...group.run, artifact } };
      }),
    });
    const groups = groupsIn(after);
    const all = groups.every(({ id, run }) => !keys.has(id) || run?.artifact === keys.get(id));
    return all && isPlain(groups, keys) && isDeepStrictEqual(said(after), said(before));
  } catch {
    return false;
  }
}

/** Whether all groups of the keys were found. Keys may be in any case, but only the usual spelling is found here. */
function isPlain(groups: readonly Group[], keys: ReadonlyMap<string, string>): boolean {
  const ids = new Set(groups.map(({ id }) => id));
  const names = groups.flatMap((group) => Object.keys(group));
  const isUsual = names.every((name) => name === 'run' || name.toLowerCase() !== 'run');
  return groups.length > 0 && isUsual && [...keys.keys()].every((id) => ids.has(id));
}
