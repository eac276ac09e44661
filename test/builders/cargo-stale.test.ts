import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Home } from '../../src/os/home.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { snapshot } from '../support/builds.ts';
import { firstContent, lockFor, readingPlan, restore } from '../support/cargo-plan.ts';
import { describeWith } from '../support/needs.ts';

const timeout = 180_000;

interface Change {
  readonly what: string;
  /** Files with their new contents; null for those that are removed. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly env?: NodeJS.ProcessEnv;
  /** The printed lines that are new after the change. */
  readonly prints: readonly string[];
}

const changed = (name: string, from: string, to: string) => ({
  [name]: (firstContent(name) ?? '').replace(from, to),
});
const file = (name: string, prints: string, from = 'one', to = 'two'): Change => ({
  what: name,
  files: changed(name, from, to),
  prints: [prints],
});

const changes: readonly Change[] = [
  file('ws/plan/src/part.rs', 'part=two'),
  file('far away/included.txt', 'included=two'),
  file('bytes.bin', 'bytes=2', '1', '12'),
  file('asked.txt', 'asked=two'),
  file('folder/b.txt', 'folder=a+c', 'b', 'c'),
  {
    what: 'a new file in a folder that a build script watches',
    files: { 'folder/c.txt': 'c' },
    prints: ['folder=a+b+c'],
  },
  {
    what: 'a file removed from a folder that a build script watches',
    files: { 'folder/b.txt': null },
    prints: ['folder=a'],
  },
  {
    what: 'a variable that a build script watches',
    env: { TG_TEST_ASKED: 'set' },
    prints: ['script variable=set'],
  },
  { what: 'a variable that option_env! reads', env: { TG_TEST_OPTION: 'set' }, prints: ['variable=set'] },
  { what: 'RUSTFLAGS', env: { RUSTFLAGS: '--cfg flagged' }, prints: ['flagged=true'] },
  file('helper/src/lib.rs', 'helper=two'),
  file('ws/plan/inner/src/lib.rs', 'inner=two'),
  file('ws/member/data/word.txt', 'member=two true cc one'),
  {
    what: 'a file removed from a package',
    files: { 'ws/member/data/there.txt': null },
    prints: ['member=one false cc one'],
  },
  file('member.txt', 'member=one true cc two'),
  file('besides.txt', 'beside=two one 0.1.0'),
  file('lower/deep/src/lib.rs', 'beside=one two 0.1.0'),
  file('lower/Cargo.toml', 'beside=one one 0.1.1', '"0.1.0"', '"0.1.1"'),
  file('macros/word.txt', 'macro=two'),
  file('patched/src/lib.rs', 'patched=two'),
  file('ws/Cargo.toml', 'description=two', 'description = "one"', 'description = "two"'),
  {
    what: 'a profile of the workspace',
    files: changed('ws/Cargo.toml', 'debug-assertions = false', 'debug-assertions = true'),
    prints: ['assertions=true'],
  },
  {
    what: 'a workspace dependency that names another folder',
    files: {
      ...changed('ws/Cargo.toml', '"../beside"', '"../beside2"'),
      'beside2/Cargo.toml': '[package]\nname = "beside"\nversion = "0.1.0"\nedition = "2021"\n',
      'beside2/src/lib.rs': 'pub fn said() -> String { "another".into() }\n',
    },
    prints: ['beside=another'],
  },
  {
    what: 'a Cargo configuration above the plan',
    files: { '.cargo/config.toml': '[build]\nrustflags = ["--cfg", "configured"]\n' },
    prints: ['configured=true'],
  },
  {
    what: 'a file that a Cargo configuration includes',
    files: {
      '.cargo/config.toml': 'include = ["more.toml"]\n',
      '.cargo/more.toml': '[build]\nrustflags = ["--cfg", "included"]\n',
    },
    prints: ['included configuration=true'],
  },
  { what: 'the C compiler', env: { CC: '/usr/bin/cc' }, prints: ['member=one true /usr/bin/cc one'] },
  {
    what: 'a build script added to a package',
    files: {
      'beside/build.rs': 'fn main() { println!("cargo:rustc-cfg=scripted"); }\n',
      ...changed('beside/src/lib.rs', 'pub fn', '#[allow(unexpected_cfgs)]\npub fn'),
      ...changed('besides.txt', 'one', 'with a script'),
    },
    prints: ['beside=with a script one 0.1.0'],
  },
  {
    what: 'a paths override in a Cargo configuration',
    files: {
      '.cargo/config.toml': 'paths = ["override"]\n',
      'override/Cargo.toml': '[package]\nname = "inner"\nversion = "0.1.0"\nedition = "2021"\n',
      'override/src/lib.rs': 'pub const WORD: &str = "overridden";\n',
    },
    prints: ['inner=overridden'],
  },
];

/** Changes that suffice for the other cases, where Cargo reports what it read in the same manner. */
const some = changes.filter(({ what }) =>
  [
    'far away/included.txt',
    'ws/member/data/word.txt',
    'besides.txt',
    'lower/Cargo.toml',
    'macros/word.txt',
  ].includes(what),
);

const nightly = spawnSync('rustc', ['+nightly', '--version']).stdout?.toString() ?? '';
/** Whether nightly Cargo can be told where the lock file is: 1.97 or later. */
const canBeTold = /rustc 1\.(9[7-9]|\d{3})/.test(nightly);

describeWith('rust', 'exec:rust, where Cargo decides what is stale', () => {
  describe.each([
    { where: 'without a lock file', config: {}, isLocked: false, table: changes },
    { where: 'with a lock file', config: {}, isLocked: true, table: some },
    ...(canBeTold
      ? [
          {
            where: 'without a lock file, with a Cargo that can be told its path',
            config: { toolchain: 'nightly' },
            isLocked: false,
            table: some,
          },
        ]
      : []),
  ])('$where', ({ config, isLocked, table }) => {
    let root: string;
    let home: Home;
    let first: { key: string; file: number; lines: readonly string[] };

    async function built(env: NodeJS.ProcessEnv = {}) {
      const dir = join(root, 'ws/plan');
      const artifact = await buildHere({
        ...{ builder: 'exec:rust', dir, home, config },
        env: { ...process.env, ...env },
      });
      const program = await stat(artifact.command[0]);
      return { key: artifact.key, file: program.ino, lines: (await printedBy(artifact)).split('\n') };
    }

    beforeAll(async () => {
      root = await readingPlan();
      home = await someHome();
      if (isLocked) lockFor(join(root, 'ws'));
      const before = snapshot(root);
      first = await built();
      expect(snapshot(root)).toEqual(before);
    }, timeout);

    test.each(table)(
      'rebuilds for $what, and finds the first artifact again once it is restored',
      { timeout },
      async ({ files = {}, env, prints }) => {
        for (const [name, content] of Object.entries(files)) await restore(join(root, name), content);
        const after = await built(env);
        expect(after.lines.filter((line) => !first.lines.includes(line))).toEqual(prints);
        for (const name of Object.keys(files)) await restore(join(root, name), firstContent(name));
        expect(await built()).toEqual(first);
      },
    );

    test('does not rebuild for a dev-dependency', { timeout }, async () => {
      await restore(join(root, 'fortests/src/lib.rs'), 'pub const WORD: &str = "two";\n');
      expect(await built()).toEqual(first);
    });
  });
});
