import { posix } from 'node:path';
import { shellWords } from '../../util/shell-words.ts';
import { type Dockerfile, pathInImage, type Stage } from './dockerfile.ts';

/** A `go build` of a Dockerfile. */
export interface GoBuild {
  readonly stage: Stage;
  /** Its working directory in the image. */
  readonly dir: string;
  /** The path of the resulting program. */
  readonly output: string;
  readonly package: string;
  /** The flags that change the program. */
  readonly flags: readonly string[];
  /** The flags that need a shell. */
  readonly unread: readonly string[];
}

/** Flags without a value. */
const switches = [
  'a',
  'asan',
  'cover',
  'i',
  'linkshared',
  'modcacherw',
  'msan',
  'n',
  'race',
  'trimpath',
  'v',
  'work',
  'x',
];
/** Flags that change the program; the others only affect how it is built. */
const kept = ['asmflags', 'gcflags', 'ldflags', 'race', 'tags', 'trimpath'];

/** All builds of Go programs in a Dockerfile. */
export function goBuildsIn({ stages }: Dockerfile): GoBuild[] {
  return stages.flatMap((stage) =>
    stage.steps.flatMap((step) => (step.kind === 'run' ? buildsOfLine(stage, step.dir, step.line) : [])),
  );
}

function buildsOfLine(stage: Stage, start: string, line: string): GoBuild[] {
  const builds: GoBuild[] = [];
  let dir = start;
  for (const command of commandsOf(line)) {
    const words = shellWords(command) ?? [];
    if (words[0] === 'cd' && words[1] !== undefined) dir = pathInImage(dir, words[1]);
    const at = words.findIndex((word) => !/^\w+=/.test(word) && word !== 'env');
    if (words[at] !== 'go' || words[at + 1] !== 'build') continue;
    const build = buildOf(stage, dir, words.slice(at + 2));
    if (build !== undefined) builds.push(build);
  }
  return builds;
}

/** Splits a line into commands, respecting quotes. */
function commandsOf(line: string): string[] {
  const commands = [''];
  for (const [part] of line.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|&&|\|\||[\s\S]/g)) {
    if (/^(?:&&?|\|\|?|;|\n)$/.test(part)) commands.push('');
    else commands.push((commands.pop() ?? '') + part);
  }
  return commands.map((command) => command.trim().replace(/^\(+|\)+$/g, ''));
}

function buildOf(stage: Stage, dir: string, words: readonly string[]): GoBuild | undefined {
  const flags: string[] = [];
  const unread: string[] = [];
  const packages: string[] = [];
  let output: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const [, name, , joined] = /^--?(\w+)(=(.*))?$/s.exec(words[at] ?? '') ?? [];
    if (name === undefined) {
      packages.push(words[at] ?? '');
      continue;
    }
    const value = joined ?? (switches.includes(name) ? undefined : words[++at]);
    if (name === 'o') output = value;
    if (!kept.includes(name)) continue;
    const flag = value === undefined ? `-${name}` : `-${name}=${value}`;
    (/[$`]/.test(flag) ? unread : flags).push(flag);
  }
  const [package_ = '.', ...others] = packages.filter((name) => !/^\*?[\w.-]*\.go$|^\.\/\*\.go$/.test(name));
  if (others.length > 0 || /[$`]/.test(package_ + (output ?? ''))) return undefined;
  return { stage, dir, output: outputOf(dir, output, package_), package: package_, flags, unread };
}

/** Without -o, a program has the name of its folder; if -o is a folder, the program is placed in it. */
function outputOf(dir: string, output: string | undefined, package_: string): string {
  const name = posix.basename(pathInImage(dir, package_));
  if (output === undefined) return pathInImage(dir, name);
  return pathInImage(dir, output.endsWith('/') || output === '.' ? `${output}/${name}` : output);
}
