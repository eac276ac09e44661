import { dirname, join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import { ancestorsOf } from '../ancestors.ts';
import { textOrEmpty } from '../plain-file.ts';

/** Cargo's configuration files in the folder, its ancestors and the home, with the files they include. */
export async function cargoConfiguration(
  folder: string,
  { CARGO_HOME, HOME = '' }: NodeJS.ProcessEnv,
): Promise<string[]> {
  const folders = [folder, ...ancestorsOf(folder)].map((each) => join(each, '.cargo'));
  const files = [...folders, CARGO_HOME || join(HOME, '.cargo')].flatMap((each) => [
    join(each, 'config.toml'),
    join(each, 'config'),
  ]);
  const texts: string[] = [];
  const seen = new Set<string>();
  for (const file of files) await collect(file, seen, texts);
  return texts;
}

async function collect(file: string, seen: Set<string>, texts: string[]): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = await textOrEmpty(file);
  // The location counts, since paths in it are relative to it.
  texts.push(text === '' ? '' : `${file}\n${text}`);
  for (const path of includedBy(text)) await collect(resolve(dirname(file), path), seen, texts);
}

const included = z.union([z.string(), z.looseObject({ path: z.string() }).transform(({ path }) => path)]);
const including = z.looseObject({
  include: z.union([included.transform((one) => [one]), z.array(included)]).default([]),
});

/** The files included by a configuration. An unreadable file includes nothing; Cargo reports the error. */
function includedBy(text: string): readonly string[] {
  if (!text.includes('include')) return [];
  try {
    return including.safeParse(parse(text)).data?.include ?? [];
  } catch {
    return [];
  }
}

/** Variables that Cargo, rustc and programs called by build scripts read, declared or not. */
const matters =
  /^(?:CARGO_.*|RUST(?:C|FLAGS|DOCFLAGS|UP_TOOLCHAIN).*|(?:(?:HOST|TARGET)_)?(?:CC|CXX|AR|LD|NM|RANLIB|AS|CPP|(?:C|CXX|CPP|LD|AR|AS)FLAGS)(?:_.*)?|(?:.*_)?PKG_CONFIG.*|CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|LIBRARY_PATH|COMPILER_PATH|SDKROOT|.*_DEPLOYMENT_TARGET|.*_(?:LIB|INCLUDE)_DIR|SOURCE_DATE_EPOCH)$/;
/**
 * Variables for Cargo's output and downloads, and those it sets for a program that it runs, such as tg under `cargo
 * run`.
 */
const indifferent =
  /^CARGO_(?:TERM_.*|HTTP_.*|NET_.*|HOME|LOG|INSTALL_ROOT|REGISTR.*_TOKEN|REGISTRIES_CRATES_IO_PROTOCOL|CACHE_.*|PKG_.*|MANIFEST_.*|BIN_.*|CRATE_NAME|PRIMARY_PACKAGE|MAKEFLAGS|BUILD_JOBS|TARGET_DIR|BUILD_TARGET_DIR|BUILD_BUILD_DIR|BUILD_DEP_INFO_BASEDIR|TARGET_TMPDIR)$/;

/** The environment variables that affect Cargo's output, sorted, as `NAME=value`. */
export function environmentThatMatters(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => matters.test(name) && !indifferent.test(name))
    .sort()
    .map((name) => `${name}=${env[name]}`);
}
