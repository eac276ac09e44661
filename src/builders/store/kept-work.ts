import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPartial } from '../../os/atomic-write.ts';
import type { Home } from '../../os/home.ts';
import { readUnfinishedName } from '../unfinished-name.ts';
import { isArtifact, planFolder, recordFile } from './artifact-record.ts';
import { failureEnding, targetKind } from './artifacts.ts';
import { makerIn } from './build-place.ts';
import { allLocks, besideFolder, isPackageFolder, packagesKind, packagesLink } from './npm-packages.ts';

/** Data that builders keep between runs, or left unfinished. */
export interface Work {
  readonly name: string;
  readonly dir: string;
  readonly kind: Kind;
  /** When it was last made or used. */
  readonly used: Date;
  /** The packages in the home that an artifact uses, by the name of their folder. */
  readonly packages: string | undefined;
  /** The token of the process that has not finished it. */
  readonly token: string | undefined;
}

type Kind = 'artifact' | 'packages' | 'target' | 'inputs' | 'log' | 'unfinished';

/** Lists the data kept by builders, identified by files that tg makes inside; other files are not listed. */
export async function listWork({ work }: Home): Promise<Work[]> {
  const names = await readdir(work).catch(() => []);
  const found = await Promise.all(names.sort().map((name) => workAt(join(work, name))));
  const all = found.filter((one) => one !== undefined);
  const ofArtifacts = all.filter(({ kind }) => kind === 'artifact');
  return [...ofArtifacts, ...all.filter(({ kind }) => kind !== 'artifact').map(usedBy(ofArtifacts))];
}

/** Packages count as used when an artifact that uses them is. */
function usedBy(artifacts: readonly Work[]): (work: Work) => Work {
  return (work) => {
    const times = artifacts
      .filter(({ packages }) => packages === work.name)
      .map(({ used }) => used.getTime());
    return { ...work, used: new Date(Math.max(work.used.getTime(), ...times)) };
  };
}

/** Identifies an entry of the store; undefined for a link, and for files not made by tg. */
async function workAt(dir: string): Promise<Work | undefined> {
  const there = await lstat(dir).catch(() => undefined);
  if (there === undefined) return undefined;
  const name = basename(dir);
  const kind = there.isDirectory() ? await folderKind(dir) : there.isFile() ? await fileKind(dir) : undefined;
  if (kind === undefined) return undefined;
  const record = kind === 'artifact' ? await lstat(join(dir, recordFile)).catch(() => there) : there;
  return {
    ...{ name, dir, kind, used: record.mtime },
    packages: kind === 'artifact' ? await packagesOf(dir) : undefined,
    token: readUnfinishedName(name)?.token ?? (kind === 'unfinished' ? await makerIn(dir) : undefined),
  };
}

const digest = '[0-9a-f]{12}';
const artifactName = new RegExp(`^exec-[a-z]+--.+-${digest}$`);
const targetName = new RegExp(`^${targetKind}--.+-${digest}$`);
const packagesName = new RegExp(`^${packagesKind}--${digest}$`);
/** Earlier versions of tg used other names. */
const inputsName = new RegExp(`^(?:inputs--${digest}|exec-[a-z]+--.+-${digest}\\.inputs)\\.json$`);
const logName = new RegExp(`^exec-[a-z]+--.+-${failureEnding.replace('.', '\\.')}$`);

async function folderKind(dir: string): Promise<Kind | undefined> {
  const name = basename(dir);
  const whole = readUnfinishedName(name)?.whole;
  if (whole !== undefined) {
    const isOurs = [artifactName, targetName, packagesName].some((pattern) => pattern.test(whole));
    return isOurs && (await holdsParts(dir)) ? 'unfinished' : undefined;
  }
  if (targetName.test(name)) return (await isCargoTarget(dir)) ? 'target' : undefined;
  if (packagesName.test(name)) return (await isPackageFolder(dir)) ? 'packages' : undefined;
  if (!artifactName.test(name)) return undefined;
  if (await isArtifact(dir)) return 'artifact';
  return (await makerIn(dir)) === undefined ? undefined : 'unfinished';
}

async function fileKind(file: string): Promise<Kind | undefined> {
  const name = basename(file);
  if (isPartial(name)) return 'unfinished';
  const whole = readUnfinishedName(name)?.whole;
  if (whole !== undefined) return inputsName.test(whole) || logName.test(whole) ? 'unfinished' : undefined;
  if (logName.test(name)) return 'log';
  return inputsName.test(name) && /^[[{]$/.test(await beginningOf(file, 1)) ? 'inputs' : undefined;
}

/**
 * The contents of an artifact, an installation or a Cargo target folder; an unfinished one has some of them or
 * none.
 */
const parts = new Set([
  ...[planFolder, recordFile, 'bin', 'scratch', 'node_modules'],
  ...['package.json', ...allLocks, '.npmrc', besideFolder],
  ...['CACHEDIR.TAG', '.rustc_info.json', 'release', 'debug', 'tmp'],
]);

async function holdsParts(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(() => ['?']);
  return names.length === 0 || names.some((name) => parts.has(name));
}

/** Cargo's own mark (bford.info/cachedir). */
async function isCargoTarget(dir: string): Promise<boolean> {
  const signature = 'Signature: 8a477f597d28d172789f06886806bc55';
  return (await beginningOf(join(dir, 'CACHEDIR.TAG'), signature.length)) === signature;
}

/** The first characters of a file; empty if it is not a file. */
async function beginningOf(path: string, length: number): Promise<string> {
  if ((await lstat(path).catch(() => undefined))?.isFile() !== true) return '';
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** The packages in the home that an artifact's plan uses, by the name of their folder. */
export async function packagesOf(dir: string): Promise<string | undefined> {
  for (const link of [packagesLink, join(planFolder, 'node_modules')]) {
    const target = await readlink(join(dir, link)).catch(() => undefined);
    if (target !== undefined && dirname(dirname(target)) === dirname(dir)) return basename(dirname(target));
  }
  return undefined;
}
