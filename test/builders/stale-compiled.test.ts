import { execFileSync } from 'node:child_process';
import { rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Home, homeOf } from '../../src/os/home.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const timeout = 180_000;

/** What a plan prints when it is built in a home, which may have built it before. */
async function printed(builder: string, dir: string, home: Home, env?: NodeJS.ProcessEnv): Promise<string> {
  const more = env === undefined ? {} : { env: { ...process.env, ...env } };
  return await printedBy(await buildHere({ builder, dir, home, ...more }));
}

/** Identifies the program of an artifact by key and inode: another one if it is built again. */
async function builtProgram(builder: string, dir: string, home: Home, config = {}): Promise<string> {
  const { key } = await buildHere({ builder, dir, home, config });
  return `${key} ${(await stat(join(home.work, key, 'bin/plan'))).ino}`;
}

/** A plan and a home that are reached through links. */
async function behindLinks(files: Readonly<Record<string, string>>): Promise<{ dir: string; home: Home }> {
  const links = await tempDir();
  await symlink(await folderWith(files), join(links, 'plan'));
  await symlink((await someHome()).root, join(links, 'home'));
  return { dir: join(links, 'plan'), home: homeOf({ TESTGROUND_HOME: join(links, 'home') }) };
}

describeWith('go', 'a Go plan and a home behind links', () => {
  const main = { 'main.go': 'package main\n\nfunc main() {}\n' };

  test.each([
    ['with a go.mod', { ...main, 'go.mod': 'module example.org/p\n\ngo 1.20\n' }, {}],
    ['without a go.mod', main, { fresh_gomod: 'true', module_path: 'example.org/p' }],
  ])('lead to one build of the module only: %s', { timeout }, async (_, files, config) => {
    const { dir, home } = await behindLinks(files);
    const first = await builtProgram('exec:go', dir, home, config);
    expect(await builtProgram('exec:go', dir, home, config)).toBe(first);
  });
});

describeWith('rust', 'a Rust plan and a home behind links', () => {
  const main = {
    'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
    'src/main.rs': 'fn main() {}\n',
  };

  test.each([
    [
      'with a lock file',
      { ...main, 'Cargo.lock': 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n' },
    ],
    ['without a lock file', main],
  ])('lead to one build of the crate only: %s', { timeout }, async (_, files) => {
    const { dir, home } = await behindLinks(files);
    const first = await builtProgram('exec:rust', dir, home);
    expect(await builtProgram('exec:rust', dir, home)).toBe(first);
  });
});

describeWith('go', 'a Go plan is rebuilt', () => {
  const mod = 'module example.org/p\n\ngo 1.20\n';
  const main = 'package main\n\nimport (\n\t_ "embed"\n\t"fmt"\n)\n\n';

  test('if a file changes that it embeds from node_modules, which is not part of the sources', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'main.go': `${main}//go:embed node_modules/x/word.txt\nvar word string\n\nfunc main() { fmt.Println(word) }\n`,
      'node_modules/x/word.txt': 'one',
    });
    const home = await someHome();
    expect(await printed('exec:go', dir, home)).toBe('one');
    await writeFile(join(dir, 'node_modules/x/word.txt'), 'two');
    expect(await printed('exec:go', dir, home)).toBe('two');
    await writeFile(join(dir, 'node_modules/x/word.txt'), 'one');
    expect(await printed('exec:go', dir, home)).toBe('one');
  });

  test('if a file is added to a package in a folder that is marked as a cache', { timeout }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"example.org/p/gen"\n)\n\nfunc main() { fmt.Println(gen.Word) }\n',
      'gen/CACHEDIR.TAG': '',
      'gen/gen.go': 'package gen\n\nvar Word = "one"\n',
    });
    const home = await someHome();
    expect(await printed('exec:go', dir, home)).toBe('one');
    await writeFile(join(dir, 'gen/more.go'), 'package gen\n\nfunc init() { Word = "two" }\n');
    expect(await printed('exec:go', dir, home)).toBe('two');
  });

  test('if Go’s env file changes, or a file that an -overlay flag names', { timeout }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'main.go': 'package main\n\nfunc main() { print_() }\n',
      'plain.go':
        '//go:build !other\n\npackage main\n\nimport "fmt"\n\nfunc print_() { fmt.Println("plain") }\n',
      'other.go':
        '//go:build other\n\npackage main\n\nimport "fmt"\n\nfunc print_() { fmt.Println("other") }\n',
    });
    const beside = await folderWith({
      env: '',
      'replacing.go': 'package main\n\nfunc main() { println() }\n',
    });
    const replacing = (word: string) =>
      writeFile(
        join(beside, 'replacing.go'),
        `package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("${word}") }\n`,
      );
    const overlay = join(beside, 'overlay.json');
    const replace = { [join(dir, 'main.go')]: join(beside, 'replacing.go') };
    await writeFile(overlay, JSON.stringify({ Replace: replace }));
    const home = await someHome();
    const env = { GOENV: join(beside, 'env'), GOFLAGS: undefined };
    expect(await printed('exec:go', dir, home, env)).toBe('plain');
    await writeFile(join(beside, 'env'), 'GOFLAGS=-tags=other\n');
    expect(await printed('exec:go', dir, home, env)).toBe('other');
    await replacing('overlaid');
    const overlaid = { GOFLAGS: `-overlay=${overlay}` };
    expect(await printed('exec:go', dir, home, overlaid)).toBe('overlaid');
    await replacing('changed');
    expect(await printed('exec:go', dir, home, overlaid)).toBe('changed');
  });
});

describeWith('rust', 'a Rust plan is rebuilt', () => {
  const manifest = (name: string, more = '') =>
    `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n${more}`;
  const lock = 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n';

  test('if files that it includes from outside change, or files and variables that its build script watches', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'plan/Cargo.toml': manifest('p'),
      'plan/Cargo.lock': lock,
      'plan/build.rs': `fn main() {
    println!("cargo:rerun-if-changed=../asked");
    println!("cargo:rerun-if-env-changed=TG_TEST_WORD");
    let word = std::env::var("TG_TEST_WORD").unwrap_or("none".into());
    let asked = std::fs::read_to_string("../asked/word.txt").unwrap();
    println!("cargo:rustc-env=ASKED={asked} {word}");
}\n`,
      'plan/src/main.rs':
        'fn main() { println!("{} {} {}", include_str!("../../included word.txt"), env!("ASKED"), option_env!("TG_TEST_OTHER").unwrap_or("none")); }\n',
      'included word.txt': 'one',
      'asked/word.txt': 'one',
    });
    const [dir, home] = [join(root, 'plan'), await someHome()];
    const build = (env?: NodeJS.ProcessEnv) => printed('exec:rust', dir, home, env);
    expect(await build()).toBe('one one none none');
    await writeFile(join(root, 'included word.txt'), 'two');
    expect(await build()).toBe('two one none none');
    await writeFile(join(root, 'asked/word.txt'), 'two');
    expect(await build()).toBe('two two none none');
    expect(await build({ TG_TEST_WORD: 'set' })).toBe('two two set none');
    expect(await build({ TG_TEST_OTHER: 'set' })).toBe('two two none set');
    expect(await build()).toBe('two two none none');
  });

  test('if a source file is replaced by one with an older time', { timeout }, async () => {
    const main = (word: string) => `fn main() { println!("${word}"); }\n`;
    const dir = await folderWith({
      'Cargo.toml': manifest('p'),
      'Cargo.lock': lock,
      'src/main.rs': main('one'),
      'other.rs': main('two'),
    });
    await utimes(join(dir, 'other.rs'), 1_000_000_000, 1_000_000_000);
    const home = await someHome();
    expect(await printed('exec:rust', dir, home)).toBe('one');
    await rename(join(dir, 'other.rs'), join(dir, 'src/main.rs'));
    expect(await printed('exec:rust', dir, home)).toBe('two');
  });

  test('if a patched crate, a file that it includes, or a Cargo configuration above the plan changes', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'plan/Cargo.toml': manifest(
        'p',
        '[dependencies]\nitoa = "1"\n[patch.crates-io]\nitoa = { path = "../mine" }\n',
      ),
      'plan/src/main.rs':
        'fn main() { println!("{} {}", itoa::NAME, if cfg!(configured) { "configured" } else { "plain" }); }\n',
      'mine/Cargo.toml': manifest('itoa').replace('0.1.0', '1.0.99'),
      'mine/src/lib.rs': 'pub const NAME: &str = include_str!("../../far.txt");\n',
      'far.txt': 'far',
      '.cargo/config.toml': '',
    });
    const [dir, home] = [join(root, 'plan'), await someHome()];
    execFileSync('cargo', ['generate-lockfile', '--offline'], { cwd: dir, stdio: 'ignore' });
    expect(await printed('exec:rust', dir, home)).toBe('far plain');
    await writeFile(join(root, 'far.txt'), 'farther');
    expect(await printed('exec:rust', dir, home)).toBe('farther plain');
    await writeFile(join(root, 'mine/src/lib.rs'), 'pub const NAME: &str = "mine";\n');
    expect(await printed('exec:rust', dir, home)).toBe('mine plain');
    await writeFile(join(root, '.cargo/config.toml'), '[build]\nrustflags = ["--cfg", "configured"]\n');
    expect(await printed('exec:rust', dir, home)).toBe('mine configured');
  });
});
