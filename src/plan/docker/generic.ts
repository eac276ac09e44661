import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import * as z from 'zod';
import type { Manifest } from '../manifest/manifest.ts';
import { type Dockerfile, pathInImage, readDockerfile, type Step } from './dockerfile.ts';
import { type GoBuild, goBuildsIn } from './go-build.ts';

/** The builders that may replace docker:generic. */
export const genericBuilders = ['exec:generic', 'exec:rust', 'exec:go', 'exec:node'] as const;

/** The builder that replaces docker:generic for a plan, without Docker. */
export interface GenericStandIn {
  readonly builder: (typeof genericBuilders)[number];
  /** The build configuration derived from the Dockerfile. */
  readonly config: Readonly<Record<string, string>>;
  /** A note on what was taken from the Dockerfile and what was left out; empty if nothing was. */
  readonly taken: string;
}

/**
 * Chooses the builder that replaces docker:generic: exec:rust if the plan has a Cargo.toml; exec:go or exec:node if
 * its Dockerfile plainly builds its go.mod or starts its package.json; otherwise exec:generic.
 * @param buildArgs the `build_args` of the manifest.
 */
export function genericStandIn(
  planDir: string,
  buildArgs: Readonly<Record<string, string>> = {},
): GenericStandIn {
  if (existsSync(join(planDir, 'Cargo.toml'))) return { builder: 'exec:rust', config: {}, taken: '' };
  const dockerfile = dockerfileOf(planDir, buildArgs);
  const found = dockerfile && (goOf(planDir, dockerfile) ?? nodeOf(planDir, dockerfile));
  return found ?? { builder: 'exec:generic', config: {}, taken: '' };
}

const argsSchema = z.record(z.string(), z.coerce.string());

/** The `build_args` of docker:generic, which may be in a table `defaults`. */
export function buildArgsOf({ builders }: Pick<Manifest, 'builders'>): Readonly<Record<string, string>> {
  const section = builders['docker:generic'];
  const places = [section?.['defaults'], section].map((place) => z.looseObject({}).safeParse(place).data);
  return Object.assign({}, ...places.map((place) => argsSchema.safeParse(place?.['build_args']).data ?? {}));
}

/** The Dockerfile of a plan; undefined if there is none or it cannot be read. Testground sets PLAN_PATH. */
export function dockerfileOf(
  planDir: string,
  buildArgs: Readonly<Record<string, string>>,
): Dockerfile | undefined {
  const file = join(planDir, 'Dockerfile');
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  return readDockerfile(readFileSync(file, 'utf8'), { PLAN_PATH: 'plan', ...buildArgs });
}

function goOf(planDir: string, dockerfile: Dockerfile): GenericStandIn | undefined {
  const [program, ...args] = dockerfile.start ?? [];
  const builds = goBuildsIn(dockerfile);
  const build = builds.find((each) => program !== undefined && isProgram(each, program, dockerfile));
  const dir = build && placeInPlan(planDir, build.dir, build.stage.steps);
  if (build === undefined || dir === undefined) return undefined;
  const root = [dir, ...above(dir)].find((place) => existsSync(join(planDir, place, 'go.mod')));
  if (root === undefined) return undefined;
  const isPath = /^\.{0,2}(\/|$)/.test(build.package) || existsSync(join(planDir, dir, build.package));
  const package_ = isPath ? posix.relative(root, posix.join(dir, build.package)) : build.package;
  const config = {
    ...(root === '.' ? {} : { path: root }),
    ...(package_ === '' ? {} : { exec_pkg: isPath ? `./${package_}` : package_ }),
    ...(build.flags.length === 0 ? {} : { build_flags: build.flags.map(quoted).join(' ') }),
    ...(args.length === 0 ? {} : { args: args.map(quoted).join(' ') }),
    ...(/:.*1\.\d/.test(build.stage.image) ? { build_base_image: build.stage.image } : {}),
  };
  return { builder: 'exec:go', config, taken: takenFrom(config, [...build.unread, ...envsOf(dockerfile)]) };
}

/** Whether an instance starts the built program: at its build path, or at the path a later stage copies it to. */
function isProgram({ output }: GoBuild, program: string, { stages, dir }: Dockerfile): boolean {
  const names = new Set([output]);
  for (const step of stages.flatMap(({ steps }) => steps)) {
    if (step.kind !== 'copy' || step.from === undefined) continue;
    for (const source of step.sources.map((path) => pathInImage('/', path)))
      for (const name of [...names].filter((each) => each === source || each.startsWith(`${source}/`)))
        names
          .add(pathInImage(step.to, name.slice(source.length + 1)))
          .add(pathInImage(step.to, basename(name)));
  }
  if (program.includes('/')) return names.has(pathInImage(dir, program));
  return [...names].some((name) => basename(name) === program);
}

function nodeOf(planDir: string, dockerfile: Dockerfile): GenericStandIn | undefined {
  if (!existsSync(join(planDir, 'package.json'))) return undefined;
  const [program = '', ...words] = dockerfile.start ?? [];
  const left = envsOf(dockerfile);
  const config: Record<string, string> = {};
  const isStart = /^(npm|yarn|pnpm)$/.test(basename(program)) && /^(run )?start$/.test(words.join(' '));
  if (!isStart) {
    const at = words.findIndex((word) => !word.startsWith('-'));
    if (!/^node(js)?$/.test(basename(program)) || at === -1) return undefined;
    const file = pathInImage(dockerfile.dir, words[at] ?? '');
    const place = placeInPlan(planDir, file, dockerfile.stages.at(-1)?.steps ?? []);
    if (place === undefined) return undefined;
    config['entry'] = place;
    left.push(...words.slice(0, at), ...words.slice(at + 1));
  }
  return { builder: 'exec:node', config, taken: takenFrom(config, left) };
}

/**
 * Maps a path in the image to the plan. The build context is the folder above the plan, where the plan is called
 * `plan`.
 * @returns a path below the plan's folder; undefined for a path that was not copied from there.
 */
function placeInPlan(planDir: string, path: string, steps: readonly Step[]): string | undefined {
  const copies = steps.filter((step) => step.kind === 'copy' && step.from === undefined);
  for (const step of [...copies].reverse()) {
    if (step.kind !== 'copy' || !(step.to === '/' || path === step.to || path.startsWith(`${step.to}/`)))
      continue;
    for (const source of step.sources) {
      const inContext = posix.join(`./${source}`, posix.relative(step.to, path));
      const name = inContext.split('/')[0] ?? '';
      const isPlan = name === 'plan' || name === basename(planDir);
      const place = isPlan ? posix.relative(name, inContext) || '.' : inContext;
      if (!place.startsWith('..') && existsSync(join(planDir, place))) return place;
    }
  }
  return undefined;
}

function above(dir: string): string[] {
  return dir === '.' ? [] : [posix.dirname(dir), ...above(posix.dirname(dir))];
}

/** The environment variables of the program, without those for its build. */
function envsOf({ stages }: Dockerfile): string[] {
  const steps = stages.at(-1)?.steps ?? [];
  const names = steps.flatMap((step) => (step.kind === 'env' ? step.name : []));
  const ofBuild = /^(GO[A-Z0-9]*|CGO_[A-Z]+|PATH|NODE_ENV)$/;
  return names.filter((name) => !ofBuild.test(name)).map((name) => `ENV ${name}`);
}

function takenFrom(config: Readonly<Record<string, string>>, left: readonly string[]): string {
  const pairs = Object.entries(config).map(([key, value]) => `${key}=${quoted(value)}`);
  const taken = `, based on its Dockerfile${pairs.length === 0 ? '' : `: ${pairs.join(' ')}`}`;
  return left.length === 0 ? taken : `${taken}; left out: ${left.join(', ')}`;
}

function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/(["\\$`])/g, '\\$1')}"` : `'${word}'`;
}
