import { dirname } from 'node:path';
import * as z from 'zod';

const target = z.looseObject({ name: z.string(), kind: z.array(z.string()) });

const messageSchema = z.discriminatedUnion('reason', [
  z.looseObject({
    reason: z.literal('compiler-artifact'),
    package_id: z.string(),
    manifest_path: z.string(),
    target,
    executable: z.string().nullish(),
  }),
  z.looseObject({
    reason: z.literal('compiler-message'),
    message: z.looseObject({ level: z.string(), rendered: z.string().nullish() }),
  }),
  z.looseObject({
    reason: z.literal('build-script-executed'),
    package_id: z.string(),
    out_dir: z.string(),
  }),
]);

/** A message of Cargo that tg uses. */
export type CargoMessage = z.output<typeof messageSchema>;

/** Parses a line of `cargo build --message-format=json`; undefined for other messages. */
export function readCargoMessage(line: string): CargoMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return messageSchema.safeParse(JSON.parse(line)).data;
  } catch {
    // A build script may print anything.
    return undefined;
  }
}

/** A package that a program was built from. */
export interface BuiltPackage {
  readonly name: string;
  readonly folder: string;
  /** Whether its sources may change: the plan, or a path dependency. */
  readonly isLocal: boolean;
}

/** The result of `cargo build --message-format=json`. */
export interface CargoBuild {
  /** The path of the program. */
  readonly executable: string;
  readonly packages: readonly BuiltPackage[];
  /** The build scripts, each with its package and output folder. */
  readonly scripts: readonly { readonly package_: BuiltPackage; readonly outDir: string }[];
}

/** Parses Cargo's messages, one JSON object per line. */
export function readCargoBuild(said: string): CargoBuild {
  const packages = new Map<string, BuiltPackage>();
  const scripts: { id: string; outDir: string }[] = [];
  let executable: string | undefined;
  for (const line of said.split('\n')) {
    const message = readCargoMessage(line);
    if (message?.reason === 'build-script-executed')
      scripts.push({ id: message.package_id, outDir: message.out_dir });
    if (message?.reason !== 'compiler-artifact') continue;
    executable = message.executable ?? executable;
    packages.set(message.package_id, {
      name: nameIn(message.package_id),
      folder: dirname(message.manifest_path),
      isLocal: message.package_id.includes('path+file:'),
    });
  }
  if (executable === undefined) throw new Error('cargo reported no executable');
  return {
    executable,
    packages: [...packages.values()],
    scripts: scripts.flatMap(({ id, outDir }) => {
      const package_ = packages.get(id);
      return package_ === undefined ? [] : [{ package_, outDir }];
    }),
  };
}

/**
 * The name in a package ID: `path+file:///folder#name@1.0.0`, `path+file:///name#1.0.0`, or, in older versions of
 * Cargo, `name 1.0.0 (path+file:///folder)`.
 */
export function nameIn(id: string): string {
  const old = /^(\S+) \S+ \(/.exec(id)?.[1];
  if (old !== undefined) return old;
  const [url = '', rest = ''] = id.split('#');
  return rest.includes('@') ? (rest.split('@')[0] ?? '') : decodeURIComponent(url.split('/').at(-1) ?? '');
}
