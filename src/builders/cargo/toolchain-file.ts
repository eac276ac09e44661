import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import { ancestorsOf } from '../ancestors.ts';
import { textOrEmpty } from '../plain-file.ts';

/** A requested toolchain. */
export interface AskedToolchain {
  /** Its rustup name: `1.70`, `nightly-2024-01-31`. */
  readonly channel: string;
  readonly components: readonly string[];
  readonly targets: readonly string[];
  /** The file that requests it, for messages. */
  readonly by: string;
}

const names = z.array(z.string()).default([]);
const fileSchema = z.looseObject({
  toolchain: z.looseObject({ channel: z.string(), components: names, targets: names }),
});

/**
 * The toolchain requested by the nearest toolchain file; undefined if there is none, or it names a folder.
 * @see https://rust-lang.github.io/rustup/overrides.html
 */
export async function toolchainFileAbove(folder: string): Promise<AskedToolchain | undefined> {
  for (const dir of [folder, ...ancestorsOf(folder)]) {
    const file = ['rust-toolchain', 'rust-toolchain.toml'].map((name) => join(dir, name)).find(existsSync);
    if (file !== undefined) return readToolchainFile(file, await textOrEmpty(file));
  }
  return undefined;
}

function readToolchainFile(by: string, text: string): AskedToolchain | undefined {
  const message = text.trim();
  // The legacy format contains only the name.
  if (/^[\w.+-]+$/.test(message)) return { channel: message, components: [], targets: [], by };
  try {
    const { data } = fileSchema.safeParse(parse(text));
    return data && { ...data.toolchain, by };
  } catch {
    // rustup reports the error.
    return undefined;
  }
}

const versionSchema = z.union([z.string(), z.looseObject({ workspace: z.boolean() })]);
const package_ = z.looseObject({ 'rust-version': versionSchema.optional() });
const manifestSchema = z.looseObject({
  package: package_.optional(),
  workspace: z.looseObject({ package: package_.optional() }).optional(),
});

/** The minimum Rust version of a package, from its Cargo.toml or its workspace's. */
export async function rustVersionOf(root: string): Promise<string | undefined> {
  const own = (await manifestAt(root))?.package?.['rust-version'];
  if (typeof own !== 'object') return own;
  for (const dir of [root, ...ancestorsOf(root)]) {
    const inherited = (await manifestAt(dir))?.workspace?.package?.['rust-version'];
    if (typeof inherited === 'string') return inherited;
  }
  return undefined;
}

async function manifestAt(dir: string): Promise<z.output<typeof manifestSchema> | undefined> {
  try {
    return manifestSchema.safeParse(parse(await textOrEmpty(join(dir, 'Cargo.toml')))).data;
  } catch {
    // Cargo reports the error.
    return undefined;
  }
}
