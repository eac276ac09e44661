import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { describeWith } from '../support/needs.ts';
import { idOnceSaid, instanceFile, type Machine, single, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

const workOf = ({ home }: Machine) => join(home, 'data', 'work');
const artifactsOf = (machine: Machine) =>
  readdirSync(workOf(machine)).filter((name) => name.startsWith('exec-'));

/** Prints the word of the installed package, and whether Python runs in a virtual environment. */
const where = `import sys, os, word
print(word.word, sys.prefix != sys.base_prefix)
`;

/** The sources of a package for pip. */
const package_ = (word: string) => ({
  'pkg/pyproject.toml':
    '[project]\nname = "word"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  // No network: the back end is the package's own.
  'pkg/backend.py': `import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "word-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("word.py", "word = '${word}'\\ndef main(): print('by its script', word)\\n")
        info = "word-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: word\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nword = word:main\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
`,
});

describeWith('python3', 'Python plans', () => {
  test('run scripts of an environment that the build line makes, and rebuild if its package changes', {
    timeout: 120_000,
  }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      {
        build:
          'python3 -m venv .venv && .venv/bin/pip install -q --no-deps --disable-pip-version-check ./pkg',
        run: '.venv/bin/word && exec .venv/bin/python main.py',
      },
      { 'main.py': where, ...package_('first') },
    );
    const { code, runId, all } = await tg(machine, single(plan, '-i', '2'));
    expect([code, all]).toEqual([0, expect.any(String)]);
    for (const index of [0, 1])
      expect(await instanceFile(machine, runId, index, 'run.out')).toBe('by its script first\nfirst True\n');
    const [key = ''] = artifactsOf(machine);
    const script = readFileSync(join(workOf(machine), key, 'plan/.venv/bin/word'), 'utf8');
    expect(script.split('\n')[0]).toBe(`#!${join(workOf(machine), key)}/plan/.venv/bin/python3`);
    // Nothing was created in the plan's folder.
    expect(readdirSync(plan).sort()).toEqual(['main.py', 'manifest.toml', 'pkg']);
    await writeFile(join(plan, 'pkg/backend.py'), package_('second')['pkg/backend.py']);
    expect(await instanceFile(machine, (await tg(machine, single(plan))).runId, 0, 'run.out')).toContain(
      'second True',
    );
    expect(artifactsOf(machine)).toHaveLength(2);
  });

  test('link the plan’s own environment, and rebuild if a package is installed there', {
    timeout: 120_000,
  }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ run: '.venv/bin/python main.py' }, { 'main.py': where });
    await execa('python3', ['-m', 'venv', '--without-pip', join(plan, '.venv')]);
    // As uv marks an environment.
    await writeFile(join(plan, '.venv/CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55');
    const [lib = ''] = readdirSync(join(plan, '.venv/lib'));
    const packages = join(plan, '.venv/lib', lib, 'site-packages');
    await writeFile(join(packages, 'word.py'), 'word = "own"\n');
    const first = await tg(machine, single(plan, '-i', '2'));
    expect([first.code, first.all]).toEqual([0, expect.not.stringContaining('left out')]);
    expect(await instanceFile(machine, first.runId, 1, 'run.out')).toBe('own True\n');
    const [key = ''] = artifactsOf(machine);
    expect(readlinkSync(join(workOf(machine), key, 'plan/.venv'))).toBe(join(plan, '.venv'));
    await mkdir(join(packages, 'word-2.0.dist-info'));
    expect((await tg(machine, single(plan))).code).toBe(0);
    expect(artifactsOf(machine)).toHaveLength(2);
    await rm(join(plan, '.venv'), { recursive: true });
    expect((await tg(machine, single(plan))).code).toBe(1);
  });

  test('can use the plan’s own environment in the build line', { timeout: 120_000 }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      { build: '.venv/bin/python main.py >said', run: 'cat said' },
      { 'main.py': where },
    );
    await execa('python3', ['-m', 'venv', '--without-pip', join(plan, '.venv')]);
    const [lib = ''] = readdirSync(join(plan, '.venv/lib'));
    await writeFile(join(plan, '.venv/lib', lib, 'site-packages/word.py'), 'word = "own"\n');
    const { runId } = await tg(machine, single(plan));
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('own True\n');
  });

  test('keep the last output of an instance that crashes or is interrupted', {
    timeout: 60_000,
  }, async () => {
    const machine = await someMachine();
    const main = `import os, sys
print("before")
if os.environ["TEST_INSTANCE_PARAMS"] == "word=crash": os.abort()
print("waiting")
import time
while True: time.sleep(1)
`;
    const plan = await genericPlan({ run: 'exec python3 main.py' }, { 'main.py': main });
    const crashed = await tg(machine, single(plan, '--tp', 'word=crash'));
    expect(await instanceFile(machine, crashed.runId, 0, 'run.out')).toBe('before\n');
    const run = startTg(machine, single(plan));
    const runId = await idOnceSaid(run, 'waiting');
    run.kill('SIGINT');
    await run;
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('before\nwaiting\n');
  });

  test('have PYTHONUNBUFFERED=1, unless the caller or --env sets it', { timeout: 60_000 }, async () => {
    const plan = await genericPlan({ run: 'echo "<$PYTHONUNBUFFERED>"' });
    for (const [env, more, said] of [
      [{}, [], '<1>'],
      [{ PYTHONUNBUFFERED: '' }, [], '<>'],
      [{}, ['--env', 'PYTHONUNBUFFERED=2'], '<2>'],
    ] as const) {
      const machine = await someMachine(env);
      const { runId } = await tg(machine, single(plan, ...more));
      expect(await instanceFile(machine, runId, 0, 'run.out')).toBe(`${said}\n`);
    }
  });

  test('are built anew after tg was killed during a build, and nothing of the killed build is left', {
    timeout: 60_000,
  }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({
      build:
        'python3 -m venv --without-pip .venv; [ -e "$HOME/again" ] || { touch "$HOME/again"; exec sleep 600; }',
      run: '.venv/bin/python -c "print(1)"',
    });
    const first = startTg(machine, single(plan));
    await until(() => readdirSync(machine.env['HOME'] ?? '').includes('again'));
    first.kill('SIGKILL');
    await first;
    const { code, runId } = await tg(machine, single(plan));
    expect([code, await instanceFile(machine, runId, 0, 'run.out')]).toEqual([0, '1\n']);
    expect(readdirSync(workOf(machine))).toEqual(artifactsOf(machine));
    expect(artifactsOf(machine)).toHaveLength(1);
  });
});
