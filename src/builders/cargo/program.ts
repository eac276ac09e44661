import { readFile } from 'node:fs/promises';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { Target } from './metadata.ts';

/** A program of a package. */
export interface Program {
  readonly kind: 'bin' | 'example';
  readonly name: string;
}

/** A choice, with its reason if there were alternatives. */
export interface Chosen<Value> {
  readonly value: Value;
  /** The reason for messages; undefined if it was requested by name. */
  readonly because?: string;
}

interface Wanted {
  readonly where: string;
  readonly config: Readonly<Record<string, string>>;
  readonly selectors: readonly string[];
  /** The names that a plan's program may have: those of the test case and the plan. */
  readonly names: readonly string[];
}

interface Package {
  readonly name: string;
  readonly preferred: string | undefined;
  readonly targets: readonly Target[];
}

/** The programs of a package that may be the plan: its binaries or, without any, its examples. */
export function programsOf({ targets }: Pick<Package, 'targets'>, selectors: readonly string[]): Target[] {
  const ready = targets.filter(({ needs }) => needs.every((feature) => selectors.includes(feature)));
  const named = (from: readonly Target[], kind: Program['kind']) =>
    from.filter((target) => target.kinds.includes(kind));
  const candidates = [
    named(ready, 'bin'),
    named(targets, 'bin'),
    named(ready, 'example'),
    named(targets, 'example'),
  ];
  return candidates.find((programs) => programs.length > 0) ?? [];
}

/**
 * Chooses the plan's program.
 * @throws TgError (build) if there is none, or the choice is ambiguous.
 */
export async function chooseProgram(package_: Package, wanted: Wanted): Promise<Chosen<Program>> {
  const { config, selectors, where } = wanted;
  const { bin, example } = config;
  if (bin !== undefined || example !== undefined) return { value: asked(package_, wanted) };
  const programs = programsOf(package_, selectors);
  if (programs.length === 0) {
    throw new TgError('build', 'the plan has no program', {
      where,
      hint: 'It needs a src/main.rs, a [[bin]] in its Cargo.toml, or an example.',
    });
  }
  const chosen = await chooseOf(programs, package_, wanted.names);
  if (chosen !== undefined) return chosen;
  const lines = programs.map((target) => `  --build-cfg ${programOf(target).kind}=${target.name}`);
  throw new TgError('build', `the plan has ${programs.length} programs`, {
    where,
    hint: ['Choose one:', ...lines].join('\n'),
  });
}

async function chooseOf(
  programs: readonly Target[],
  { name, preferred }: Package,
  names: readonly string[],
): Promise<Chosen<Program> | undefined> {
  const [only] = programs;
  if (programs.length === 1 && only !== undefined) {
    const program = programOf(only);
    return program.kind === 'bin'
      ? { value: program }
      : { value: program, because: 'there is no binary, and no other example' };
  }
  const called = (wanted: string) => programs.find((target) => isAlike(target.name, wanted));
  const withName = (wanted: string, because: string) => {
    const target = called(wanted);
    return target && { value: programOf(target), because };
  };
  if (preferred !== undefined) {
    const target = called(preferred);
    if (target !== undefined) return { value: programOf(target) };
  }
  for (const each of names) {
    const found = withName(each, 'it has the name of the test case or the plan');
    if (found !== undefined) return found;
  }
  const users = await thatUseSdk(programs);
  const [user] = users;
  if (users.length === 1 && user !== undefined)
    return { value: programOf(user), because: 'it is the only one that uses the crate testground' };
  return withName(name, 'it has the name of the package');
}

function asked({ targets }: Package, { config: { bin, example }, where }: Wanted): Program {
  const kind = example === undefined ? 'bin' : 'example';
  const name = example ?? bin ?? '';
  const names = targets.filter(({ kinds }) => kinds.includes(kind)).map((target) => target.name);
  if (names.includes(name)) return { kind, name };
  const word = kind === 'bin' ? 'program' : 'example';
  throw new TgError('build', `the plan has no ${word} "${name}"`, {
    where,
    hint: didYouMean(name, names, word),
  });
}

function programOf({ kinds, name }: Target): Program {
  return { kind: kinds.includes('bin') ? 'bin' : 'example', name };
}

/** Compares crate names, in which dashes and underscores are equivalent. */
export function isAlike(name: string, other: string): boolean {
  return name.replaceAll('-', '_') === other.replaceAll('-', '_');
}

async function thatUseSdk(programs: readonly Target[]): Promise<Target[]> {
  const texts = await Promise.all(programs.map(({ source }) => readFile(source, 'utf8').catch(() => '')));
  return programs.filter((_, index) => /\btestground::|\bextern crate testground\b/.test(texts[index] ?? ''));
}
