import { execFileSync } from 'node:child_process';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { folderWith } from './temp.ts';

/** A Cargo.toml. */
export const crate = (name: string, more = ''): string =>
  `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n${more}`;

/** A library that exports a word. */
const lib = (word: string): string => `pub const WORD: &str = "${word}";\n`;

/**
 * A workspace with a plan that prints each of its inputs on a line of its own: files outside the package, build
 * scripts, variables, path dependencies and their own ones, a patch, an override, profiles.
 */
const files: Readonly<Record<string, string>> = {
  'ws/Cargo.toml': `[workspace]
members = ["plan", "member"]
resolver = "2"
[workspace.package]
description = "one"
[workspace.dependencies]
beside = { path = "../beside" }
[profile.release]
debug-assertions = false
[patch.crates-io]
itoa = { path = "../patched" }
`,
  'ws/plan/Cargo.toml': crate(
    'p',
    `description = { workspace = true }
[dependencies]
inner = { path = "inner" }
member = { path = "../member" }
beside = { workspace = true }
macros = { path = "../../macros" }
itoa = "1"
[build-dependencies]
helper = { path = "../../helper" }
[dev-dependencies]
fortests = { path = "../../fortests" }
`,
  ),
  'ws/plan/build.rs': `fn main() {
    println!("cargo:rerun-if-changed=../../asked.txt");
    println!("cargo:rerun-if-changed=../../folder");
    println!("cargo:rerun-if-env-changed=TG_TEST_ASKED");
    println!("cargo:rustc-env=ASKED={}", std::fs::read_to_string("../../asked.txt").unwrap());
    let mut names: Vec<_> = std::fs::read_dir("../../folder").unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let texts: Vec<_> = names.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    println!("cargo:rustc-env=FOLDER={}", texts.join("+"));
    println!("cargo:rustc-env=SCRIPT_VARIABLE={}", std::env::var("TG_TEST_ASKED").unwrap_or("none".into()));
    println!("cargo:rustc-env=HELPER={}", helper::WORD);
    std::fs::write(format!("{}/made.rs", std::env::var("OUT_DIR").unwrap()), "pub const MADE: &str = \\"made\\";").unwrap();
}
`,
  'ws/plan/src/main.rs': `mod part;
include!(concat!(env!("OUT_DIR"), "/made.rs"));
fn main() {
    println!("part={}", part::WORD);
    println!("made={}", MADE);
    println!("included={}", include_str!("../../../far away/included.txt"));
    println!("bytes={}", include_bytes!("../../../bytes.bin").len());
    println!("asked={}", env!("ASKED"));
    println!("folder={}", env!("FOLDER"));
    println!("script variable={}", env!("SCRIPT_VARIABLE"));
    println!("helper={}", env!("HELPER"));
    println!("variable={}", option_env!("TG_TEST_OPTION").unwrap_or("none"));
    println!("description={}", env!("CARGO_PKG_DESCRIPTION"));
    println!("assertions={}", cfg!(debug_assertions));
    println!("configured={}", cfg!(configured));
    println!("included configuration={}", cfg!(included));
    println!("flagged={}", cfg!(flagged));
    println!("inner={}", inner::WORD);
    println!("member={}", member::said());
    println!("beside={}", beside::said());
    println!("macro={}", macros::word!());
    println!("patched={}", itoa::WORD);
}
`,
  'ws/plan/src/part.rs': lib('one'),
  'ws/plan/inner/Cargo.toml': crate('inner'),
  'ws/plan/inner/src/lib.rs': lib('one'),
  'ws/member/Cargo.toml': crate('member'),
  'ws/member/src/lib.rs':
    'pub fn said() -> String { format!("{} {}", env!("MEMBER"), include_str!("../../../member.txt")) }\n',
  // It prints no rerun-if-changed: all files of its package count.
  'ws/member/build.rs': `fn main() {
    let there = std::path::Path::new("data/there.txt").exists();
    let cc = std::env::var("CC").unwrap_or("cc".into());
    println!("cargo:rustc-env=MEMBER={} {there} {cc}", std::fs::read_to_string("data/word.txt").unwrap());
}
`,
  'ws/member/data/word.txt': 'one',
  'ws/member/data/there.txt': '',
  'member.txt': 'one',
  'beside/Cargo.toml': crate('beside', '[dependencies]\ndeep = { path = "../lower/deep" }\n'),
  'beside/src/lib.rs':
    'pub fn said() -> String { format!("{} {} {}", include_str!("../../besides.txt"), deep::WORD, deep::VERSION) }\n',
  'besides.txt': 'one',
  'lower/Cargo.toml': '[workspace]\nmembers = ["deep"]\n[workspace.package]\nversion = "0.1.0"\n',
  'lower/deep/Cargo.toml': '[package]\nname = "deep"\nversion = { workspace = true }\nedition = "2021"\n',
  'lower/deep/src/lib.rs': `${lib('one')}pub const VERSION: &str = env!("CARGO_PKG_VERSION");\n`,
  'macros/Cargo.toml': crate('macros', '[lib]\nproc-macro = true\n'),
  'macros/src/lib.rs': `use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream { format!("{:?}", include_str!("../word.txt")).parse().unwrap() }
`,
  'macros/word.txt': 'one',
  'helper/Cargo.toml': crate('helper'),
  'helper/src/lib.rs': lib('one'),
  'fortests/Cargo.toml': crate('fortests'),
  'fortests/src/lib.rs': lib('one'),
  'patched/Cargo.toml': crate('itoa').replace('0.1.0', '1.0.99'),
  'patched/src/lib.rs': lib('one'),
  'far away/included.txt': 'one',
  'bytes.bin': '1',
  'asked.txt': 'one',
  'folder/a.txt': 'a',
  'folder/b.txt': 'b',
  '.cargo/config.toml': '',
};

/** Creates the workspace. @returns the folder that contains it. */
export async function readingPlan(): Promise<string> {
  return await folderWith(files);
}

/** Has Cargo write the lock file of a workspace. */
export function lockFor(dir: string): void {
  execFileSync('cargo', ['generate-lockfile', '--offline'], { cwd: dir, stdio: 'ignore' });
}

let moment = 1_000_000_000;

/** Writes a file with an old time, a different one at each call, as `git checkout` or `cp -p` may; null removes it. */
export async function restore(file: string, content: string | null): Promise<void> {
  if (content === null) return await rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  moment += 60;
  await utimes(file, moment, moment);
}

/** The original content of a file of the workspace; null if there is no such file. */
export function firstContent(name: string): string | null {
  return files[name] ?? null;
}
