import { dirname } from 'node:path';
import * as z from 'zod';

const messageSchema = z.union([
  z.looseObject({
    reason: z.literal('compiler-artifact'),
    package_id: z.string(),
    manifest_path: z.string(),
    executable: z.string().nullish(),
  }),
  z.looseObject({ reason: z.literal('build-script-executed'), out_dir: z.string() }),
]);

/** What `cargo build --message-format=json` says of a build. */
export interface CargoBuild {
  /** The program. */
  readonly executable: string;
  /** The packages that are folders, with their names: those of the plan, and dependencies by path. */
  readonly local: readonly { readonly name: string; readonly folder: string }[];
  /** The folders of build scripts; each holds an `out`, and what the script said. */
  readonly scripts: readonly string[];
}

/** Reads Cargo's messages, a JSON object a line. */
export function readCargoMessages(said: string): CargoBuild {
  const local = new Map<string, string>();
  const scripts: string[] = [];
  let executable: string | undefined;
  for (const line of said.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { data } = messageSchema.safeParse(JSON.parse(line));
    if (data?.reason === 'build-script-executed') scripts.push(dirname(data.out_dir));
    if (data?.reason !== 'compiler-artifact') continue;
    executable = data.executable ?? executable;
    if (data.package_id.includes('path+file:'))
      local.set(dirname(data.manifest_path), nameIn(data.package_id));
  }
  if (executable === undefined) throw new Error('cargo named no executable');
  return { executable, local: [...local].map(([folder, name]) => ({ name, folder })), scripts };
}

/**
 * The name in a package ID: `path+file:///folder#name@1.0.0`, `path+file:///name#1.0.0`, or, from an older Cargo,
 * `name 1.0.0 (path+file:///folder)`.
 */
function nameIn(id: string): string {
  const old = /^(\S+) \S+ \(/.exec(id)?.[1];
  if (old !== undefined) return old;
  const [url = '', rest = ''] = id.split('#');
  return rest.includes('@') ? (rest.split('@')[0] ?? '') : decodeURIComponent(url.split('/').at(-1) ?? '');
}
