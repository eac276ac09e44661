import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findCrate, readRustPlan } from '../../src/builders/cargo/package.ts';
import { TgError } from '../../src/util/errors.ts';
import { crate } from '../support/cargo-plan.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

const run = promisify(execFile);
const main = 'fn main() {}\n';
const sdk = 'use testground::client;\nfn main() {}\n';

interface Asked {
  readonly config?: Readonly<Record<string, string>>;
  readonly selectors?: readonly string[];
  readonly planName?: string;
  readonly testCase?: string;
}

/** The package and program that exec:rust chooses in a folder with these files, and why; or the error and its hint. */
async function taken(files: Readonly<Record<string, string>>, asked: Asked = {}): Promise<string> {
  const { config = {}, selectors = [], planName = 'plan', testCase } = asked;
  const cargo = async (args: readonly string[], cwd: string) => (await run('cargo', args, { cwd })).stdout;
  try {
    const { value: root } = await findCrate(await folderWith(files), config['path']);
    const plan = await readRustPlan({ root, planName, testCase, config, selectors }, cargo);
    const { package_, program, notes } = plan;
    return [`${package_.name}/${program.kind} ${program.name}`, ...notes.map(reason)].join('; ');
  } catch (error) {
    if (!(error instanceof TgError)) throw error;
    return [error.message, error.hint].join('\n');
  }
}

const reason = (note: string) => /: (.*) \(--build-cfg/.exec(note)?.[1];

const virtual = { 'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n' };

describeWith('rust', 'exec:rust chooses', () => {
  test.each<[string, Readonly<Record<string, string>>, Asked, string]>([
    ['the only binary', { 'Cargo.toml': crate('x'), 'src/main.rs': main }, {}, 'x/bin x'],
    [
      'the binary that default-run names',
      { 'Cargo.toml': crate('x', 'default-run = "b"\n'), 'src/bin/a.rs': sdk, 'src/bin/b.rs': main },
      {},
      'x/bin b',
    ],
    [
      'the binary with the name of the test case',
      { 'Cargo.toml': crate('x'), 'src/main.rs': main, 'src/bin/ping_pong.rs': main },
      { testCase: 'ping-pong' },
      'x/bin ping_pong; it has the name of the test case or the plan',
    ],
    [
      'the binary with the name of the plan',
      { 'Cargo.toml': crate('x'), 'src/main.rs': main, 'src/bin/plan.rs': main },
      {},
      'x/bin plan; it has the name of the test case or the plan',
    ],
    [
      'the only binary that uses the SDK',
      { 'Cargo.toml': crate('x'), 'src/main.rs': main, 'src/bin/other/main.rs': sdk },
      {},
      'x/bin other; it is the only one that uses the crate testground',
    ],
    [
      'the binary with the name of the package',
      { 'Cargo.toml': crate('x'), 'src/main.rs': main, 'src/bin/other.rs': main },
      {},
      'x/bin x; it has the name of the package',
    ],
    [
      'the only binary that requires no unselected feature',
      {
        'Cargo.toml': crate(
          'x',
          '[features]\nloud = []\n[[bin]]\nname = "b"\nrequired-features = ["loud"]\n',
        ),
        'src/bin/a.rs': main,
        'src/bin/b.rs': main,
      },
      {},
      'x/bin a',
    ],
    [
      'a binary whose path is set in Cargo.toml',
      {
        'Cargo.toml': crate('x', '[[bin]]\nname = "b"\npath = "tests/sim/run.rs"\n'),
        'tests/sim/run.rs': main,
      },
      {},
      'x/bin b',
    ],
    [
      'the only example if there is no binary',
      { 'Cargo.toml': crate('x'), 'src/lib.rs': '', 'examples/e.rs': main },
      {},
      'x/example e; there is no binary, and no other example',
    ],
    [
      'the example with the name of the plan',
      { 'Cargo.toml': crate('x'), 'src/lib.rs': '', 'examples/e.rs': main, 'examples/plan.rs': main },
      {},
      'x/example plan; it has the name of the test case or the plan',
    ],
    [
      'no example if several could be the plan, and lists them',
      { 'Cargo.toml': crate('x'), 'src/lib.rs': '', 'examples/e.rs': main, 'examples/f.rs': main },
      {},
      'the plan has 2 programs\nChoose one:\n  --build-cfg example=e\n  --build-cfg example=f',
    ],
    [
      'nothing in a package that is only a library',
      { 'Cargo.toml': crate('x'), 'src/lib.rs': '' },
      {},
      'the plan has no program\nIt needs a src/main.rs, a [[bin]] in its Cargo.toml, or an example.',
    ],
    [
      'the only package of a workspace that has a program',
      {
        ...virtual,
        'a/Cargo.toml': crate('a'),
        'a/src/lib.rs': '',
        'b/Cargo.toml': crate('b'),
        'b/src/main.rs': main,
      },
      {},
      'b/bin b; no other package has a program that could be the plan',
    ],
    [
      'the package that has the binary named by bin=',
      {
        ...virtual,
        ...{ 'a/Cargo.toml': crate('a'), 'a/src/main.rs': main },
        ...{ 'b/Cargo.toml': crate('b'), 'b/src/bin/c.rs': main },
      },
      { config: { bin: 'c' } },
      'b/bin c; no other package has a program that could be the plan',
    ],
    [
      'the default member of a workspace',
      {
        'Cargo.toml': `${virtual['Cargo.toml']}default-members = ["b"]\n`,
        ...{ 'a/Cargo.toml': crate('a'), 'a/src/main.rs': main },
        ...{ 'b/Cargo.toml': crate('b'), 'b/src/main.rs': main },
      },
      {},
      'b/bin b; it is the default member',
    ],
    [
      'the only package that depends on the SDK',
      {
        ...virtual,
        ...{ 'a/Cargo.toml': crate('a'), 'a/src/main.rs': main },
        ...{ 'b/Cargo.toml': crate('b', '[dependencies]\ntestground = "0.4"\n'), 'b/src/main.rs': main },
      },
      {},
      'b/bin b; it is the only one that depends on the crate testground',
    ],
    [
      'the member with a program if the root package is a library',
      {
        'Cargo.toml': crate('x', '[workspace]\nmembers = ["a"]\n'),
        ...{ 'src/lib.rs': '', 'a/Cargo.toml': crate('a'), 'a/src/main.rs': main },
      },
      {},
      'a/bin a; no other package has a program that could be the plan',
    ],
    [
      'the package in the folder named by package=',
      {
        ...virtual,
        ...{ 'a/Cargo.toml': crate('one'), 'a/src/main.rs': main },
        ...{ 'b/Cargo.toml': crate('two'), 'b/src/main.rs': main },
      },
      { config: { package: 'b' } },
      'two/bin two',
    ],
    [
      'nothing if no package has the binary named by bin=, and suggests a similar one',
      {
        ...virtual,
        ...{ 'a/Cargo.toml': crate('a'), 'a/src/main.rs': main },
        ...{ 'b/Cargo.toml': crate('b'), 'b/src/bin/c.rs': main },
      },
      { config: { bin: 'cc' } },
      'the plan has no program "cc"\nDid you mean c?',
    ],
    [
      'the only folder with a Cargo.toml',
      { 'README.md': '', 'rust/plan/Cargo.toml': crate('x'), 'rust/plan/src/main.rs': main },
      {},
      'x/bin x',
    ],
    [
      'none of several folders with a Cargo.toml, and lists them',
      { 'a/Cargo.toml': crate('a'), 'deep/b/Cargo.toml': crate('b') },
      {},
      'the plan has no Cargo.toml\nThese folders below it have one; choose one:\n  --build-cfg path=a\n  --build-cfg path=deep/b',
    ],
  ])('%s', async (_, files, asked, expected) => {
    expect(await taken(files, asked)).toBe(expected);
  });
});
