import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import type { Input } from './inputs.ts';

/** What `go list -json` says of a package; files are relative to its folder. */
const packageSchema = z.looseObject({
  Dir: z.string(),
  Standard: z.boolean().optional(),
  Module: z
    .looseObject({
      Version: z.string().optional(),
      Replace: z.looseObject({ Version: z.string().optional() }).optional(),
    })
    .optional(),
  EmbedFiles: z.array(z.string()).optional(),
});

/** The fields that `go list -json` is to print. */
export const listedFields = 'Dir,Standard,Module,EmbedFiles';

/**
 * The files of the packages that a program was built of, as `go list` says, but for Go's own and those of the module cache,
 * which never change.
 * @param listed objects of JSON, one after the other.
 * @param isCounted whether a file counts for the key already.
 */
export async function goInputs(listed: string, isCounted: (file: string) => boolean): Promise<Input[]> {
  const packages = listed
    .split(/^(?=\{)/m)
    .filter((text) => text.trim() !== '')
    .map((text) => packageSchema.parse(JSON.parse(text)));
  const inputs: Input[] = [];
  for (const { Dir: dir, Standard: standard, Module: module, EmbedFiles: embedded = [] } of packages) {
    // With a version it is in the module cache.
    if (standard || (module?.Replace ?? module)?.Version !== undefined) continue;
    const beside = await readdir(dir, { withFileTypes: true }).catch(() => []);
    // The go.mod that the build had counts as it is.
    const besides = beside.filter((entry) => !entry.isDirectory() && entry.name !== 'go.mod');
    const names = [...besides.map(({ name }) => name), ...embedded];
    const files = names.map((name) => join(dir, name)).filter((file) => !isCounted(file));
    // A file that comes to it belongs to the package too.
    if (files.length > 0) inputs.push({ kind: 'listing', name: dir });
    inputs.push(...files.map((name) => ({ kind: 'file', name }) as const));
  }
  return inputs;
}

const overlaySchema = z.looseObject({ Replace: z.record(z.string(), z.string()) });

/** The files that flags of Go name: an overlay and what it puts in place, a profile. */
export async function filesInFlags(flags: string, dir: string): Promise<string[]> {
  const named = [...flags.matchAll(/-(overlay|pgo)[= ]([^\s'"]+)/g)];
  const files: string[] = [];
  for (const [, flag, name = ''] of named) {
    const file = isAbsolute(name) ? name : resolve(dir, name);
    files.push(file);
    if (flag !== 'overlay') continue;
    const text = await readFile(file, 'utf8').catch(() => '{"Replace":{}}');
    const overlay = overlaySchema.safeParse(jsonOf(text));
    files.push(...Object.values(overlay.data?.Replace ?? {}).map((path) => resolve(dir, path)));
  }
  return files;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Go says what is wrong with it.
    return undefined;
  }
}
