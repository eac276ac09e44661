import { readdirSync } from 'node:fs';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandArtifact } from '../../src/plan/artifact.ts';
import { TgError } from '../../src/util/errors.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { snapshot } from '../support/builds.ts';
import { crate, restore } from '../support/cargo-plan.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

const timeout = 180_000;
const builder = 'exec:rust';
const says = (word: string) => `fn main() { println!("${word}"); }\n`;

/** The warnings and progress of a build, its artifact or error, and the hint of that error. */
async function heard(asked: Omit<Parameters<typeof buildHere>[0], 'builder' | 'more'>) {
  const warnings: string[] = [];
  const doing: string[] = [];
  const more = { warn: (text: string) => warnings.push(text), progress: (text: string) => doing.push(text) };
  const outcome = await buildHere({ ...asked, builder, more }).catch((error: unknown) => error);
  return { warnings, doing, outcome, hint: outcome instanceof TgError ? (outcome.hint ?? '') : '' };
}

/** The packages in lines of progress, which may repeat. */
function compiled(doing: readonly string[]): string[] {
  const names = doing.flatMap((line) => /^compiling (.*)/.exec(line)?.[1] ?? []);
  return [...new Set(names)].sort();
}

describeWith('rust', 'exec:rust', () => {
  test('rebuilds for a file that a build script, run at every build, reads without declaring it', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'plan/Cargo.toml': crate('p'),
      'plan/build.rs': `fn main() {
    println!("cargo:rerun-if-changed=never there");
    println!("cargo:rustc-env=SAID={}", std::fs::read_to_string("../unsaid.txt").unwrap());
}
`,
      'plan/src/main.rs': 'fn main() { println!("{}", env!("SAID")); }\n',
      'unsaid.txt': 'one',
    });
    const home = await someHome();
    const build = async () => {
      const artifact = await buildHere({ builder, dir: join(root, 'plan'), home });
      return `${await printedBy(artifact)} ${artifact.key}`;
    };
    const first = await build();
    expect(first).toMatch(/^one /);
    await restore(join(root, 'unsaid.txt'), 'two');
    expect(await build()).toMatch(/^two /);
    await restore(join(root, 'unsaid.txt'), 'one');
    expect(await build()).toBe(first);
  });

  test('rebuilds if the symlink to a path dependency now has another target', { timeout }, async () => {
    const shared = (word: string) => `pub const WORD: &str = "${word}";\n`;
    const root = await folderWith({
      'plan/Cargo.toml': crate('p', '[dependencies]\nshared = { path = "../shared" }\n'),
      'plan/src/main.rs': 'fn main() { println!("{}", shared::WORD); }\n',
      ...{ 'one/Cargo.toml': crate('shared'), 'one/src/lib.rs': shared('one') },
      ...{ 'two/Cargo.toml': crate('shared'), 'two/src/lib.rs': shared('two') },
    });
    const [dir, link, home] = [join(root, 'plan'), join(root, 'shared'), await someHome()];
    await symlink('one', link);
    const build = async () => await printedBy(await buildHere({ builder, dir, home }));
    expect(await build()).toBe('one');
    await rm(link);
    await symlink('two', link);
    expect(await build()).toBe('two');
  });

  test('rebuilds if config.toml in CARGO_HOME changes', { timeout }, async () => {
    const dir = await folderWith({
      'Cargo.toml': crate('p', '[lints.rust]\nunexpected_cfgs = "allow"\n'),
      'src/main.rs': 'fn main() { println!("{}", cfg!(configured)); }\n',
    });
    const [home, CARGO_HOME] = [await someHome(), await folderWith({ 'config.toml': '' })];
    const build = async () =>
      await printedBy(await buildHere({ builder, dir, home, env: { ...process.env, CARGO_HOME } }));
    expect(await build()).toBe('false');
    await writeFile(join(CARGO_HOME, 'config.toml'), '[build]\nrustflags = ["--cfg", "configured"]\n');
    expect(await build()).toBe('true');
  });

  test('gives each of five concurrent builds in different environments its own program', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'Cargo.toml': crate('p'),
      'src/main.rs': 'fn main() { println!("{}", option_env!("TG_TEST_OPTION").unwrap_or("none")); }\n',
    });
    const home = await someHome();
    const words = ['a', 'b', 'c', 'd', 'e'];
    const printed = words.map(async (word) => {
      const env = { ...process.env, TG_TEST_OPTION: word };
      return await printedBy(await buildHere({ builder, dir, home, env }));
    });
    expect(await Promise.all(printed)).toEqual(words);
  });

  test('reports the packages that it compiles as progress', { timeout }, async () => {
    const dir = await folderWith({
      'Cargo.toml': crate('p', '[dependencies]\ninner = { path = "inner" }\n'),
      'src/main.rs': says('one'),
      'inner/Cargo.toml': crate('inner'),
      'inner/src/lib.rs': '',
    });
    const { doing } = await heard({ dir, home: await someHome() });
    expect(compiled(doing)).toEqual(['inner v0.1.0', 'p v0.1.0']);
  });

  test('begins the hint with a compile error, omits progress and warnings, and names the original file', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'plan/Cargo.toml': crate('p', '[dependencies]\noutside = { path = "../outside" }\n'),
      'plan/src/main.rs': says('one'),
      'outside/Cargo.toml': crate('outside'),
      'outside/src/lib.rs': 'fn unused() {}\npub fn a() -> u8 { "no" }\npub fn b() -> u8 { missing() }\n',
    });
    const { hint } = await heard({ dir: join(root, 'plan'), home: await someHome() });
    const place = `--> ${join(root, 'outside/src/lib.rs')}`;
    expect(hint).toMatch(/^error\[E0/);
    expect(hint).toContain(`error[E0308]: mismatched types\n ${place}:2:`);
    expect(hint).toContain(`error[E0425]: cannot find function \`missing\` in this scope\n ${place}:3:`);
    expect(hint).not.toMatch(/warning: |Compiling|tg-tree/);
  });

  test('names the flag that enables the feature that a program requires', { timeout }, async () => {
    const dir = await folderWith({
      'Cargo.toml': crate('p', '[features]\nloud = []\n[[bin]]\nname = "p"\nrequired-features = ["loud"]\n'),
      'src/main.rs': says('loud'),
    });
    const { hint } = await heard({ dir, home: await someHome() });
    expect(hint).toMatch(/\nEnable the features that it needs: --selector loud\.$/);
    const spec = { builder, config: {}, selectors: ['loud'], dependencies: [], linkSdk: undefined };
    const more = { spec: { ...spec, coverage: false } };
    expect(await printedBy(await buildHere({ builder, dir, home: await someHome(), more }))).toBe('loud');
  });

  test('finds files and path dependencies above the plan, and writes nothing beside the sources', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'a/b/plan/Cargo.toml': crate('p', '[dependencies]\nshared = { path = "../../shared" }\n'),
      'a/b/plan/src/main.rs':
        'fn main() { println!("{} {}", shared::WORD, include_str!("../../../../top.txt")); }\n',
      'a/shared/Cargo.toml': crate('shared'),
      'a/shared/src/lib.rs': 'pub const WORD: &str = include_str!("../../../top.txt");\n',
      'top.txt': 'top',
    });
    const before = snapshot(root);
    const artifact = await buildHere({ builder, dir: join(root, 'a/b/plan'), home: await someHome() });
    expect(await printedBy(artifact)).toBe('top top');
    expect(snapshot(root)).toEqual(before);
  });

  test('recompiles only the edited package and those that depend on it, of packages inside the plan', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'Cargo.toml': crate('p', '[dependencies]\nshared = { path = "shared" }\nother = { path = "other" }\n'),
      'src/main.rs': says('one'),
      ...{ 'shared/Cargo.toml': crate('shared'), 'shared/src/lib.rs': '' },
      ...{ 'other/Cargo.toml': crate('other'), 'other/src/lib.rs': '' },
    });
    const home = await someHome();
    const build = async () => compiled((await heard({ dir, home })).doing);
    expect(await build()).toEqual(['other v0.1.0', 'p v0.1.0', 'shared v0.1.0']);
    await restore(join(dir, 'src/main.rs'), says('two'));
    expect(await build()).toEqual(['p v0.1.0']);
    await writeFile(join(dir, 'shared/src/lib.rs'), 'pub fn new() {}\n');
    expect(await build()).toEqual(['p v0.1.0', 'shared v0.1.0']);
  });

  test('recompiles only the plan if it changes, and a package beside it too if that changes', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'plan/Cargo.toml': crate('p', '[dependencies]\nshared = { path = "../shared" }\n'),
      'plan/src/main.rs': says('one'),
      ...{ 'shared/Cargo.toml': crate('shared'), 'shared/src/lib.rs': '' },
    });
    const [dir, home] = [join(root, 'plan'), await someHome()];
    const build = async () => compiled((await heard({ dir, home })).doing);
    expect(await build()).toEqual(['p v0.1.0', 'shared v0.1.0']);
    await restore(join(dir, 'src/main.rs'), says('two'));
    expect(await build()).toEqual(['p v0.1.0']);
    await writeFile(join(root, 'shared/src/lib.rs'), 'pub fn new() {}\n');
    expect(await build()).toEqual(['p v0.1.0', 'shared v0.1.0']);
  });
});

describeWith('rustup', 'the Rust toolchain that a plan requests', () => {
  const plan = (more: Readonly<Record<string, string>> = {}) =>
    folderWith({ 'Cargo.toml': crate('p'), 'src/main.rs': says('one'), ...more });
  const env = { ...process.env, RUSTUP_AUTO_INSTALL: '0', RUSTUP_TOOLCHAIN: undefined };

  test('is replaced, with a warning, if it is missing and rustup may not install it', {
    timeout,
  }, async () => {
    const dir = await plan({ 'rust-toolchain.toml': '[toolchain]\nchannel = "1.31.1"\n' });
    const { warnings, outcome } = await heard({ dir, home: await someHome(), env });
    expect(warnings).toEqual([
      expect.stringMatching(
        /rust-toolchain\.toml asks for Rust 1\.31\.1, which is not installed \(RUSTUP_AUTO_INSTALL=0 .*\): rustc 1\.\S+ is used$/,
      ),
    ]);
    expect(await printedBy(outcome as CommandArtifact)).toBe('one');
  });

  test('is replaced, with a warning, if there is no rustup', { timeout }, async () => {
    const toolchains = join(process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup'), 'toolchains');
    const [name = ''] = readdirSync(toolchains).filter((each) => /^stable|^1\./.test(each));
    const PATH = `${join(toolchains, name, 'bin')}:/usr/bin:/bin`;
    const dir = await plan({ 'rust-toolchain': '1.31.1\n' });
    const { warnings, outcome } = await heard({ dir, home: await someHome(), env: { ...env, PATH } });
    expect(warnings).toEqual([
      expect.stringMatching(/asks for Rust 1\.31\.1; there is no rustup: rustc 1\.\S+ is used$/),
    ]);
    expect(await printedBy(outcome as CommandArtifact)).toBe('one');
  });

  test('is named in a warning and in the hint of the error if no toolchain satisfies rust-version', {
    timeout,
  }, async () => {
    const dir = await plan({ 'Cargo.toml': crate('p', 'rust-version = "1.999"\n') });
    const { warnings, outcome, hint } = await heard({ dir, home: await someHome(), env });
    expect(outcome).toMatchObject({ kind: 'build' });
    expect(warnings).toEqual([
      expect.stringMatching(/asks for Rust 1\.999 or newer, which is not installed/),
    ]);
    expect(hint).toMatch(/It asks for Rust 1\.999 or newer: --build-cfg toolchain=1\.999 /);
  });

  test('causes no warning if a newer toolchain satisfies rust-version', { timeout }, async () => {
    const dir = await plan({ 'Cargo.toml': crate('p', 'rust-version = "1.56"\n') });
    const { warnings, outcome } = await heard({ dir, home: await someHome(), env });
    expect([warnings, await printedBy(outcome as CommandArtifact)]).toEqual([[], 'one']);
  });

  test('is an environment error if toolchain=NAME names one that is not installed', { timeout }, async () => {
    const config = { toolchain: '1.31.1' };
    const { outcome } = await heard({ dir: await plan(), home: await someHome(), env, config });
    expect(outcome).toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(/^there is no Rust 1\.31\.1: /),
    });
  });
});
