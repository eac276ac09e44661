import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { messageOf, TgError } from '../../util/errors.ts';
import { isPlainFile } from '../plain-file.ts';
import { errorsOf } from './bundle/esbuild-errors.ts';

/** Fields of a wrong type count as missing, as for npm. */
const texts = z.record(z.string(), z.string().catch('')).default({}).catch({});
const text = z.string().optional().catch(undefined);
const runtime = z.looseObject({ name: text, version: text });

const packageSchema = z.looseObject({
  name: text,
  version: text,
  main: text,
  packageManager: text,
  config: z.record(z.string(), z.unknown()).default({}).catch({}),
  scripts: texts,
  dependencies: texts,
  devDependencies: texts,
  optionalDependencies: texts,
  engines: texts,
  workspaces: z.unknown().optional(),
  volta: z.looseObject({ node: text }).optional().catch(undefined),
  devEngines: z
    .looseObject({ runtime: z.union([runtime, z.array(runtime)]).optional() })
    .optional()
    .catch(undefined),
});

/** The fields of a package.json that tg reads. */
export type NodePackage = z.output<typeof packageSchema>;

/**
 * Reads the package.json of a folder; returns one without fields if there is none. A byte order mark is skipped, as
 * npm does.
 * @throws TgError (build) with the line of a syntax error.
 */
export async function readPackage(dir: string): Promise<NodePackage> {
  const file = join(dir, 'package.json');
  if (!isPlainFile(file)) return packageSchema.parse({});
  const json = await jsonOf(file);
  const { data } = packageSchema.safeParse(json);
  if (data !== undefined) return data;
  throw new TgError('build', 'package.json is not an object', {
    where: file,
    hint: 'Write { "name": …, "dependencies": … }.',
  });
}

async function jsonOf(file: string): Promise<unknown> {
  const content = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw await syntaxError(file, content, cause);
  }
}

/** Node's message does not always contain the position; esbuild's does. */
async function syntaxError(file: string, content: string, cause: unknown): Promise<TgError> {
  const { transform } = await import('esbuild');
  const [first] = await transform(content, { loader: 'json', logLevel: 'silent' }).then(() => [], errorsOf);
  const place = first?.location;
  return new TgError('build', first?.text ?? messageOf(cause), {
    where: place == null ? file : `${file}:${place.line}:${place.column + 1}`,
    hint: place?.lineText.trim(),
    cause,
  });
}
