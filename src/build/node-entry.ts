import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TgError } from '../errors.ts';
import { insidePlan } from './config-values.ts';
import { isPlainFile } from './plain-file.ts';

const usual = ['index', 'main', 'plan', 'src/index', 'src/main'].flatMap((stem) =>
  ['.ts', '.mts', '.js', '.mjs', '.cjs'].map((ending) => stem + ending),
);

/** How a Node plan is started. */
export interface NodeEntry {
  /** The file, below the plan's folder. */
  readonly entry: string;
  /** What Node is told before it. */
  readonly flags: readonly string[];
}

/**
 * The file with which a Node plan starts: what the configuration names, else that of a plain `node FILE` under `start` in
 * its package.json (docker:node ran `npm start`), else its `main`, else the first of the usual names.
 * @throws TgError (build) when there is none.
 */
export function findEntry(planDir: string, configured: string | undefined): NodeEntry {
  if (configured !== undefined) {
    insidePlan(planDir, configured, 'entry');
    return { entry: configured, flags: [] };
  }
  const started = startScript(planDir);
  if (started !== undefined) return started;
  const main = packageField(planDir, 'main');
  const entry = [...(main === undefined ? [] : [main, `${main}.js`, `${main}/index.js`]), ...usual].find(
    (name) => existsSync(join(planDir, name)),
  );
  if (entry !== undefined) return { entry, flags: [] };
  throw new TgError(
    'build',
    'the plan has no entry: no main in a package.json, and none of the usual files',
    {
      where: planDir,
      hint: 'Name the file with entry, in [builders."exec:node"] of the manifest or --build-cfg entry=FILE.',
    },
  );
}

/** A start script that a shell would only repeat; undefined for any other. */
function startScript(planDir: string): NodeEntry | undefined {
  const [, flags = '', entry] =
    /^node((?: --[\w-]+(?:=[\w./-]+)?)*) ([\w./-]+\.[cm]?js)$/.exec(
      packageField(planDir, 'start')?.trim() ?? '',
    ) ?? [];
  if (entry === undefined || !existsSync(join(planDir, entry))) return undefined;
  return { entry: join(entry), flags: flags.split(' ').filter((flag) => flag !== '') };
}

/** The name in a plan's package.json: a package may import itself by it. */
export function packageNameIn(planDir: string): string | undefined {
  return packageField(planDir, 'name');
}

/** A field of a plan's package.json that is a text; `start` is that of its scripts. */
function packageField(planDir: string, field: 'main' | 'name' | 'start'): string | undefined {
  const file = join(planDir, 'package.json');
  if (!isPlainFile(file)) return undefined;
  try {
    const json = fieldsOf(JSON.parse(readFileSync(file, 'utf8')));
    const value = field === 'start' ? fieldsOf(json['scripts'])[field] : json[field];
    return typeof value === 'string' ? value : undefined;
  } catch (cause) {
    throw new TgError('build', messageOf(cause), { where: file, cause });
  }
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
