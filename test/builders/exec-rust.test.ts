import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prints, snapshot } from '../support/builds.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';
import { single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

/** Not among the e2e tests: CI runs those as an ordinary user too, who has no Rust. */

const manifest = (more = '') => `
name = "p"
[defaults]
builder = "exec:rust"
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 1 }
${more}`;
const cargoToml = (more = '') => `[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n${more}`;
const main = (body: string) => `fn main() {\n    ${body}\n}\n`;

function rustPlan(files: Readonly<Record<string, string>> = {}, more = ''): Promise<string> {
  return folderWith({
    'manifest.toml': manifest(more),
    'Cargo.toml': cargoToml(),
    'src/main.rs': main('println!("one");'),
    ...files,
  });
}

const rustMachine = (env: Readonly<Record<string, string>> = {}) =>
  someMachine({ ...toolchainEnv(), ...env });
describeWith('rust', 'exec:rust', () => {
  test('uses an artifact again, makes another for other sources, features or profile; leaves the plan unchanged', async () => {
    const machine = await rustMachine();
    const plan = await rustPlan({
      'Cargo.toml': cargoToml('[features]\nloud = []\n'),
      'src/main.rs': main(
        'println!("{} {}", if cfg!(feature = "loud") { "LOUD" } else { "quiet" }, cfg!(debug_assertions));',
      ),
    });
    const before = snapshot(plan);
    const first = await prints(machine, plan);
    expect(first.text).toBe('quiet false');
    const program = join(machine.home, 'data', 'work', first.key, 'bin', 'plan');
    const built = statSync(program).mtimeMs;
    expect(await prints(machine, plan)).toEqual(first);
    expect(statSync(program).mtimeMs).toBe(built);
    const loud = await prints(machine, plan, '--selector', 'loud');
    const debug = await prints(machine, plan, '--build-cfg', 'profile=dev');
    expect([loud.text, debug.text]).toEqual(['LOUD false', 'quiet true']);
    expect(snapshot(plan)).toEqual(before);
    await writeFile(join(plan, 'src', 'main.rs'), main('println!("two");'));
    const changed = await prints(machine, plan);
    expect([changed.text, new Set([first.key, loud.key, debug.key, changed.key]).size]).toEqual(['two', 4]);
  });

  test('never writes Cargo.lock; warns and uses an updated copy if it is not up to date', async () => {
    const machine = await rustMachine();
    const plan = await rustPlan();
    execFileSync('cargo', ['generate-lockfile', '--offline'], { cwd: plan, stdio: 'ignore' });
    const before = snapshot(plan);
    expect((await prints(machine, plan)).text).toBe('one');
    expect(snapshot(plan)).toEqual(before);
    await writeFile(join(plan, 'Cargo.toml'), cargoToml().replace('0.1.0', '0.2.0'));
    const changed = snapshot(plan);
    const stale = await tg(machine, single(plan));
    expect([stale.code, stale.all]).toEqual([
      0,
      expect.stringMatching(/WARN\t.*Cargo\.lock is not up to date: an updated copy is used/),
    ]);
    expect(snapshot(plan)).toEqual(changed);
  });

  test('exits 4 for a compile error, with the compiler’s message, file and line, and stores no artifact', async () => {
    const machine = await rustMachine();
    const { code, stderr } = await tg(
      machine,
      single(await rustPlan({ 'src/main.rs': main('let x: u8 = "no";') })),
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .*: the plan does not build with exec:rust \(cargo: status 101\)\n/);
    expect(stderr).toMatch(/\n {2}error\[E0308\]: mismatched types\n.*--> src\/main\.rs:2:17/);
    expect(stderr).not.toMatch(/Compiling|--locked/);
    expect(
      readdirSync(join(machine.home, 'data', 'work')).filter((name) => name.startsWith('exec-')),
    ).toEqual([]);
  });

  test('exits 4 and lists the choices for several programs; builds the one that bin= or example= names', async () => {
    const machine = await rustMachine();
    const plan = await folderWith({
      'manifest.toml': manifest(),
      'Cargo.toml': cargoToml(),
      'src/bin/left.rs': main('println!("left");'),
      'src/bin/right.rs': main('println!("right");'),
      'examples/shown.rs': main('println!("shown");'),
    });
    const which = await tg(machine, single(plan));
    expect([which.code, which.stderr]).toEqual([
      4,
      expect.stringMatching(
        /the plan has 2 programs\n {2}Choose one:\n {4}--build-cfg bin=left\n {4}--build-cfg bin=right\n/,
      ),
    ]);
    expect((await prints(machine, plan, '--build-cfg', 'bin=right')).text).toBe('right');
    expect((await prints(machine, plan, '--build-cfg', 'bin=left')).text).toBe('left');
    expect((await prints(machine, plan, '--build-cfg', 'example=shown')).text).toBe('shown');
    const wrong = await tg(machine, single(plan, '--build-cfg', 'bin=rigth'));
    expect([wrong.code, wrong.stderr]).toEqual([
      4,
      expect.stringMatching(/has no program "rigth"\n {2}Did you mean right\?/),
    ]);
  });

  test('builds the program with the name of the plan, and says why', async () => {
    const plan = await rustPlan({ 'src/bin/other.rs': main('println!("other");') });
    const { code, all } = await tg(await rustMachine(), single(plan));
    expect([code, all]).toEqual([0, expect.stringContaining('OTHER << single[000] >> one')]);
    expect(all).toContain('exec:rust uses the program p: it has the name of the test case or the plan');
  });

  test('builds path dependencies inside and outside the plan, and rebuilds if the outside one changes', async () => {
    const machine = await rustMachine();
    const root = await folderWith({
      'plan/manifest.toml': manifest(),
      'plan/Cargo.toml': cargoToml(
        '[dependencies]\ninner = { path = "inner" }\nouter = { path = "../outer" }\n',
      ),
      'plan/src/main.rs': main('println!("{} {}", inner::NAME, outer::NAME);'),
      'plan/inner/Cargo.toml': cargoToml().replace('"p"', '"inner"'),
      'plan/inner/src/lib.rs': 'pub const NAME: &str = "inner";\n',
      'outer/Cargo.toml': cargoToml().replace('"p"', '"outer"'),
      'outer/src/lib.rs': 'pub const NAME: &str = "outer";\n',
    });
    const plan = join(root, 'plan');
    expect((await prints(machine, plan)).text).toBe('inner outer');
    await writeFile(join(root, 'outer', 'src', 'lib.rs'), 'pub const NAME: &str = "changed";\n');
    expect((await prints(machine, plan)).text).toBe('inner changed');
  });

  test('leaves nothing in the home once build purge has removed its artifacts', async () => {
    const machine = await rustMachine();
    const plan = await rustPlan();
    const { key } = await prints(machine, plan);
    const work = () => readdirSync(join(machine.home, 'data', 'work'));
    expect(work()).toContain(key);
    expect((await tg(machine, ['build', 'purge', '-p', plan, '-b', 'exec:rust'])).code).toBe(0);
    expect(work()).toEqual([]);
  });

  test('replaces a crate by the folder that --dep names, and rebuilds if it changes', async () => {
    const machine = await rustMachine();
    const root = await folderWith({
      'plan/manifest.toml': manifest(),
      'plan/Cargo.toml': cargoToml('[dependencies]\nitoa = "1"\n'),
      'plan/src/main.rs': main('println!("{}", itoa::NAME);'),
      'mine/Cargo.toml': cargoToml().replace('"p"', '"itoa"').replace('0.1.0', '1.0.99'),
      'mine/src/lib.rs': 'pub const NAME: &str = "mine";\n',
    });
    const dep = ['--dep', `itoa=${join(root, 'mine')}`];
    expect((await prints(machine, join(root, 'plan'), ...dep)).text).toBe('mine');
    await writeFile(join(root, 'mine', 'src', 'lib.rs'), 'pub const NAME: &str = "changed";\n');
    expect((await prints(machine, join(root, 'plan'), ...dep)).text).toBe('changed');
  });

  test('lists the packages of a workspace, and builds the one that path or package names', async () => {
    const machine = await rustMachine();
    const files = {
      'manifest.toml': manifest(),
      'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
      'a/Cargo.toml': cargoToml().replace('"p"', '"a"'),
      'a/src/main.rs': main('println!("a");'),
      'b/Cargo.toml': cargoToml().replace('"p"', '"b"'),
      'b/src/main.rs': main('println!("b");'),
    };
    const plan = await folderWith(files);
    const which = await tg(machine, single(plan));
    expect([which.code, which.stderr]).toEqual([
      4,
      expect.stringMatching(
        /several packages could be the plan\n {2}Choose one:\n {4}--build-cfg package=a\n {4}--build-cfg package=b\n/,
      ),
    ]);
    expect((await prints(machine, plan, '--build-cfg', 'package=b')).text).toBe('b');
    expect((await prints(machine, plan, '--build-cfg', 'path=a')).text).toBe('a');
  });

  test('exits 5 if cargo cannot be started', async () => {
    const machine = await rustMachine({ PATH: '/nowhere' });
    const { code, stderr } = await tg(machine, single(await rustPlan()));
    expect([code, stderr]).toEqual([
      5,
      expect.stringContaining('exec:rust needs cargo, which cannot be started'),
    ]);
  });

  test('replaces docker:generic for a plan with a Cargo.toml, and another runner replaces local:docker', async () => {
    const machine = await rustMachine();
    const plan = await rustPlan({
      'manifest.toml': manifest('[builders."docker:generic"]\n').replace('exec:rust', 'docker:generic'),
    });
    const { code, all } = await tg(machine, single(plan, '--runner', 'local:docker'));
    expect([code, all]).toEqual([0, expect.stringContaining('OTHER << single[000] >> one')]);
    expect(all).toContain('Docker is not supported: exec:rust replaces docker:generic');
    expect(all).toMatch(/Docker is not supported: local:(netns|exec) replaces local:docker/);
  });
});
