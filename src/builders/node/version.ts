import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies, validRange } from 'semver';
import { ancestorsOf } from '../ancestors.ts';
import { textOrEmpty } from '../plain-file.ts';
import type { NodePackage } from './package.ts';
import { otherNodes } from './versions.ts';

/** The Node chosen for a plan. */
export interface ChosenNode {
  /** Undefined for the Node that runs tg. */
  readonly program: string | undefined;
  /** For instance `v20.1.0`. */
  readonly version: string;
  /** A note on the requested and the used version; undefined if they match. */
  readonly note: string | undefined;
}

/** The Node version requested by a file. */
interface VersionRequest {
  readonly where: string;
  readonly text: string;
  /** In semver syntax. */
  readonly range: string;
}

/**
 * Chooses the Node for a plan: the one that runs tg, unless the plan requests another one that a version manager
 * has installed. Nothing is downloaded.
 */
export async function chooseNode(
  planDir: string,
  manifest: NodePackage,
  env: NodeJS.ProcessEnv,
): Promise<ChosenNode> {
  const running = { program: undefined, version: process.version };
  const requests = await requestsOf(planDir, manifest);
  const unmet = requests.filter(({ range }) => !satisfies(process.version, range));
  if (unmet.length === 0) return { ...running, note: undefined };
  const said = unmet.map(({ where, text }) => `${where} asks for Node ${text}`).join(', ');
  const others = await otherNodes(env);
  const fits = (version: string, asked: readonly VersionRequest[]) =>
    asked.every(({ range }) => satisfies(version, range));
  const found =
    others.find(({ version }) => fits(version, requests)) ??
    others.find(({ version }) => fits(version, unmet.slice(0, 1)));
  if (found !== undefined) return { ...found, note: `${said}: ${found.version} is used, ${found.program}` };
  const note = `${said}: ${process.version} is used, since no version manager (nvm, fnm, Volta, n, asdf, mise) has one that matches`;
  return { ...running, note };
}

/**
 * The nearest file of each kind that names a version, searched up to the repository's root as version managers do.
 */
async function requestsOf(
  planDir: string,
  { engines, volta, devEngines }: NodePackage,
): Promise<VersionRequest[]> {
  const file = join(planDir, 'package.json');
  const runtimes = [devEngines?.runtime ?? []].flat().filter((each) => each?.name === 'node');
  const fields = [
    ['volta.node', volta?.node],
    ...runtimes.map((runtime) => ['devEngines.runtime', runtime?.version] as const),
    ['engines.node', engines['node']],
  ] as const;
  const requests = await Promise.all(['.nvmrc', '.node-version'].map((name) => requestIn(planDir, name)));
  return [
    ...requests.filter((request) => request !== undefined),
    ...fields.flatMap(([name, text]) => {
      const range = text === undefined ? undefined : rangeOf(text);
      return text === undefined || range === undefined ? [] : [{ where: `${file} (${name})`, text, range }];
    }),
  ];
}

async function requestIn(planDir: string, name: string): Promise<VersionRequest | undefined> {
  const folders = [planDir, ...ancestorsOf(planDir)];
  const root = folders.findIndex((folder) => existsSync(join(folder, '.git')));
  const place = folders
    .slice(0, root < 0 ? 1 : root + 1)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
  if (place === undefined) return undefined;
  const lines = (await textOrEmpty(place)).replace(/^\uFEFF/, '').split(/\r?\n/);
  const text = lines.map((line) => line.replace(/#.*/, '').trim()).find((line) => line !== '');
  const range = text === undefined ? undefined : rangeOf(text);
  return text === undefined || range === undefined ? undefined : { where: place, text, range };
}

/** Code names of the LTS releases (nodejs.org/dist/index.json). */
const codeNames: Readonly<Record<string, number>> = {
  ...{ argon: 4, boron: 6, carbon: 8, dubnium: 10, erbium: 12, fermium: 14 },
  ...{ gallium: 16, hydrogen: 18, iron: 20, jod: 22, krypton: 24 },
};

/** Parses a version request to a range; undefined if it is invalid or matches any version. */
function rangeOf(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (['node', 'stable', 'current', 'latest', 'system', '*', ''].includes(lower)) return undefined;
  if (['lts/*', 'lts', '--lts'].includes(lower))
    return '4 || 6 || 8 || 10 || 12 || 14 || 16 || 18 || 20 || 22 || 24';
  const major = codeNames[lower.replace(/^lts[/-]/, '')];
  if (major !== undefined) return String(major);
  return validRange(lower.replace(/^node[/@-]?v?/, '')) ?? undefined;
}
