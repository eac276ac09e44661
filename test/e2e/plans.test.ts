import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { createsAndPasses } from '../support/templates.ts';
import { root, single, someMachine, startTg, tg } from '../support/tg.ts';

describe.concurrent('tg plan create', () => {
  test.each(['typescript', 'ts', 'javascript', 'js'])('makes a plan that builds and passes: %s', (target) =>
    createsAndPasses(target),
  );
  test('makes a plan that builds and passes: generic', () => createsAndPasses('generic'));
});

describe.concurrent('tg plan', () => {
  test('create makes a git repository, in another folder with --dir, and refuses a folder that is not empty', {
    tags: ['git'],
  }, async () => {
    const machine = await someMachine();
    const dir = join(machine.cwd, 'here');
    const args = [
      'plan',
      'create',
      '-p',
      'x',
      '--target',
      'go',
      '--module',
      'example.org/mine',
      '--dir',
      dir,
      '--remote',
      'git@example.org:x',
    ];
    expect((await tg(machine, args)).code).toBe(0);
    expect(readFileSync(join(dir, 'go.mod'), 'utf8')).toMatch(/^module example\.org\/mine$/m);
    expect(readFileSync(join(dir, '.git', 'config'), 'utf8')).toContain('url = git@example.org:x');
    expect(existsSync(join(dir, '.gitignore'))).toBe(true);
    const again = await tg(machine, args);
    expect([again.code, again.stderr]).toEqual([
      2,
      `error: ${dir}: already exists and is not an empty folder\n  Choose another --dir, or empty that folder.\n`,
    ]);
    const inHome = ['plan', 'create', '-p', 'x', '--target', 'js'];
    await tg(machine, inHome);
    expect((await tg(machine, inHome)).stderr).toMatch(
      /already exists and is not an empty folder\n {2}Choose another --plan, or --dir for another place\.\n$/,
    );
  });

  test('create prints a command that runs the new plan, with the name under which tg was called', async () => {
    const next = async (
      name: 'tg' | 'testground',
      env: Readonly<Record<string, string>>,
      ...args: string[]
    ) => {
      const machine = await someMachine(env);
      const made = await tg(machine, ['plan', 'create', '-p', 'example', '--target', 'js', ...args], name);
      const [, line = ''] = /^run it: (.*)$/m.exec(made.stdout) ?? [];
      const command = `${process.execPath} ${root}/bin/${name}.js`;
      const typed = line.replace(/^(npx )?(tg|testground)(?= )/, command);
      const { exitCode } = await execa('sh', ['-c', typed], {
        ...{ cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false },
      });
      return [line.replace(machine.cwd, '<cwd>'), exitCode];
    };
    expect(await next('tg', {})).toEqual(['tg run single --plan example', 0]);
    expect(await next('testground', {})).toEqual(['testground run single --plan example', 0]);
    expect(await next('tg', { npm_command: 'exec' })).toEqual(['npx tg run single --plan example', 0]);
    // Without ./ the plan gossip that ships with tg would run.
    expect(await next('tg', {}, '--dir', 'gossip')).toEqual(['tg run single --plan ./gossip', 0]);
    expect(await next('tg', {}, '--dir', './my plan')).toEqual(["tg run single --plan './my plan'", 0]);
  });

  test('hints name tg as it was called: tg, testground or npx tg', async () => {
    for (const [name, env, text] of [
      ['tg', {}, 'Start one: tg run single'],
      ['testground', {}, 'Start one: testground run single'],
      ['tg', { npm_command: 'run-script' }, 'Start one: npx tg run single'],
    ] as const) {
      const { code, stderr } = await tg(await someMachine(env), ['status'], name);
      expect([code, stderr]).toEqual([3, expect.stringContaining(text)]);
    }
  });

  test('import clones a repository, and leaves nothing behind if cloning fails', {
    tags: ['git'],
  }, async () => {
    const machine = await someMachine();
    const source = join(await tempDir(), 'source.git');
    const plan = await planWith('console.log("cloned")');
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: plan });
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'plan');
    await execa('git', ['clone', '--quiet', '--bare', plan, source]);
    const cloned = await tg(machine, ['plan', 'import', '--git', '--from', source]);
    expect([cloned.code, cloned.stdout]).toEqual([
      0,
      expect.stringMatching(/^cloned .*\nimported plans:\nsource t\n$/),
    ]);
    expect((await tg(machine, single('source'))).stdout).toContain('OTHER << single[000] >> cloned');
    const nowhere = await tg(machine, [
      'plan',
      'import',
      '--git',
      '--from',
      join(source, 'nope'),
      '--name',
      'gone',
    ]);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      5,
      expect.stringContaining('git cannot clone the repository'),
    ]);
    expect(existsSync(join(machine.home, 'plans', 'gone'))).toBe(false);
    const url = await tg(machine, ['plan', 'import', '--from', 'https://example.org/x.git']);
    expect([url.code, url.stderr]).toEqual([2, expect.stringContaining('Add --git to clone a repository')]);
  });

  test('rm removes a plan of the home only with --yes, and of an imported plan only the link', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    await tg(machine, ['plan', 'import', '--from', plan, '--name', 'linked']);
    await tg(machine, ['plan', 'create', '-p', 'made', '--target', 'js']);
    const made = join(machine.home, 'plans', 'made');
    expect((await tg(machine, ['plan', 'rm', '-p', 'made'])).stdout).toContain('pass --yes flag to confirm');
    expect(existsSync(made)).toBe(true);
    for (const name of ['made', 'linked'])
      expect((await tg(machine, ['plan', 'rm', '-p', name, '--yes'])).code).toBe(0);
    expect([existsSync(made), existsSync(join(plan, 'manifest.toml'))]).toEqual([false, true]);
    expect(lstatSync(join(machine.home, 'plans', 'linked'), { throwIfNoEntry: false })).toBeUndefined();
    const gone = await tg(machine, ['plan', 'rm', '-p', 'made', '--yes']);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('no plan is called "made"')]);
  });

  test('rm, create and import refuse a plan name that leads through a link', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    const source = await folderWith({ 'a/manifest.toml': readFileSync(join(plan, 'manifest.toml'), 'utf8') });
    await tg(machine, ['plan', 'import', '--from', source, '--name', 'mine']);
    for (const args of [
      ['plan', 'rm', '-p', 'mine/a', '--yes'],
      ['plan', 'create', '-p', 'mine/new'],
      ['plan', 'import', '--from', plan, '--name', 'mine/other'],
    ]) {
      const { code, stderr } = await tg(machine, args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('"mine" is a link to')]);
    }
    expect(existsSync(join(source, 'a', 'manifest.toml'))).toBe(true);
    expect((await tg(machine, ['plan', 'rm', '-p', 'mine/', '--yes'])).code).toBe(0);
    expect(lstatSync(join(machine.home, 'plans', 'mine'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('import leaves a folder alone that appeared under its name during the clone', {
    tags: ['git'],
  }, async ({ expect }) => {
    const machine = await someMachine();
    const source = await planWith('console.log("cloned")');
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: source });
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'plan');
    // A git that creates $GATE.called and continues once $GATE exists.
    const real = (await execa('sh', ['-c', 'command -v git'])).stdout;
    const slow = await folderWith({
      git: `#!/bin/sh\necho >"$GATE.called"\nuntil [ -e "$GATE" ]; do sleep 0.05; done\nexec ${real} "$@"\n`,
    });
    await chmod(join(slow, 'git'), 0o755);
    for (const [name, make] of [
      ['a-plan', ['plan', 'create', '-p', 'a-plan', '--target', 'js']],
      ['a-clone', ['plan', 'import', '--git', '--from', source, '--name', 'a-clone']],
      ['an-empty-folder', undefined],
    ] as const) {
      const gate = join(machine.temp, name);
      const env = { ...machine.env, GATE: gate, PATH: `${slow}:${machine.env['PATH']}` };
      const args = ['plan', 'import', '--git', '--from', source, '--name', name];
      const second = tg({ ...machine, env }, args);
      await expect.poll(() => existsSync(`${gate}.called`)).toBe(true);
      const plans = join(machine.home, 'plans');
      // An unfinished clone is not listed as a plan.
      expect((await tg(machine, ['plan', 'list'])).stdout).not.toContain(name);
      if (make === undefined) mkdirSync(join(plans, name));
      else expect((await tg(machine, make)).code).toBe(0);
      const before = readdirSync(join(plans, name));
      writeFileSync(gate, '');
      const { code, stderr } = await second;
      expect([code, stderr]).toEqual([0, expect.stringContaining('already exists, nothing was imported')]);
      expect(readdirSync(join(plans, name))).toEqual(before);
      expect(readdirSync(plans).filter((entry) => entry.startsWith('.'))).toEqual([]);
    }
  });

  test('import removes its clone at Ctrl-C, and the partial clone of a killed import', async ({ expect }) => {
    const machine = await someMachine();
    const slow = await folderWith({
      git: '#!/bin/sh\nfor last; do :; done\nmkdir -p "$last/.git"; echo $$ >"$GATE.pid"; mv "$GATE.pid" "$GATE"; exec sleep 611\n',
    });
    await chmod(join(slow, 'git'), 0o755);
    const plans = join(machine.home, 'plans');
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const gate = join(machine.temp, signal);
      const env = { ...machine.env, GATE: gate, PATH: `${slow}:${machine.env['PATH']}` };
      const run = startTg({ ...machine, env }, ['plan', 'import', '--git', '--from', 'x', '--name', 'p']);
      await expect.poll(() => existsSync(gate)).toBe(true);
      run.kill(signal);
      const { exitCode } = await run;
      // A killed tg cannot end the git that it started.
      if (signal === 'SIGKILL') process.kill(Number(readFileSync(gate, 'utf8')), 'SIGKILL');
      if (signal === 'SIGKILL')
        expect(readdirSync(plans)).toEqual([expect.stringMatching(/^\.p\..*\.partial$/)]);
      else expect([exitCode, readdirSync(plans)]).toEqual([130, []]);
    }
  });

  test('import refuses a folder whose manifest.toml is a pipe, without waiting for a writer', async () => {
    const machine = await someMachine();
    const folder = await tempDir();
    await execa('mkfifo', [join(folder, 'manifest.toml')]);
    const { code, stderr } = await tg(machine, ['plan', 'import', '--from', folder, '--name', 'piped']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no manifest.toml in it')]);
    expect(readdirSync(join(machine.home, 'plans'))).toEqual([]);
  });

  test('import refuses a folder or repository without a plan, and leaves nothing behind', {
    tags: ['git'],
  }, async () => {
    const machine = await someMachine();
    const folder = await folderWith({ 'x.txt': '' });
    await execa('git', ['init', '--quiet'], { cwd: folder });
    for (const git of [[], ['--git']]) {
      const args = ['plan', 'import', ...git, '--from', folder, '--name', 'nested/empty'];
      const { code, stderr } = await tg(machine, args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('no manifest.toml in it')]);
    }
    expect(readdirSync(join(machine.home, 'plans'))).toEqual([]);
  });
});
