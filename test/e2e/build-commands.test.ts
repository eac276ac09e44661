import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { instanceFile, type Machine, runsOn, single, someMachine, tg } from '../support/tg.ts';

const workOf = (machine: Machine) =>
  readdirSync(join(machine.home, 'data', 'work')).filter((name) => name.startsWith('exec-'));

describe.concurrent('tg build single and --use-build', () => {
  test('build prints the artifact key where scripts expect it; --use-build runs it after the sources changed', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("old")');
    const built = await tg(machine, ['build', 'single', '-p', plan]);
    expect(built.code).toBe(0);
    const line = built.stdout.split('\n').find((text) => text.includes('generated build artifact')) ?? '';
    // As scripts for testground do: awk -F\" '/generated build artifact/ {print $8}'
    const key = line.split('"')[7] ?? '';
    expect(line).toMatch(
      /INFO\tgenerated build artifact\t\{"group": "single", "artifact": "exec-node--p-[0-9a-f]{12}"\}$/,
    );
    expect(workOf(machine)).toEqual([key]);
    await writeFile(join(plan, 'index.mjs'), 'console.log("new")');
    const run = await tg(machine, single(plan, '--use-build', key));
    expect([run.code, await instanceFile(machine, run.runId, 0, 'run.out')]).toEqual([0, 'old\n']);
    expect(run.all).toMatch(/using an earlier build\t.*"artifact": "exec-node--p-/);
    expect(workOf(machine)).toEqual([key]);
  });

  test('--use-build exits 2 for an unknown key, with the nearest key as a hint, and for a path', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    await tg(machine, ['build', 'single', '-p', plan]);
    const [key = ''] = workOf(machine);
    const wrong = await tg(machine, single(plan, '--ub', `${key.slice(0, -1)}x`));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(`Did you mean ${key}?`)]);
    expect((await tg(machine, single(plan, '--ub', '../work'))).code).toBe(2);
  });

  test('--use-build refuses the artifact of another plan, and that of another builder', async () => {
    const machine = await someMachine();
    const [plan, other] = [await planWith('1'), await planWith('2')];
    await writeFile(
      join(other, 'manifest.toml'),
      (await readFile(join(other, 'manifest.toml'), 'utf8')).replace('name = "p"', 'name = "q"'),
    );
    const key = (await tg(machine, ['build', 'single', '-q', '-p', other])).stdout.trim();
    expect(workOf(machine)).toEqual([key]);
    const { code, stderr } = await tg(machine, single(plan, '--ub', key));
    const refused = (asked: string) =>
      expect.stringContaining(`: the artifact "${asked}" belongs to another plan or builder\n`);
    expect([code, stderr]).toEqual([2, refused(key)]);
    const flags = ['-b', 'exec:generic', '--build-cfg', 'run=node index.mjs'];
    const generic = await tg(machine, ['build', 'single', '-q', '-p', plan, ...flags]);
    expect(generic.stdout).toMatch(/^exec-generic--p-\w{12}\n$/);
    const asked = generic.stdout.trim();
    const byNode = await tg(machine, single(plan, '--ub', asked));
    expect([byNode.code, byNode.stderr]).toEqual([2, refused(asked)]);
    expect((await tg(machine, single(plan, '--ub', asked, ...flags))).code).toBe(0);
  });

  test('a run rebuilds an artifact with a truncated artifact.json', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("again")');
    const key = (await tg(machine, ['build', 'single', '-q', '-p', plan])).stdout.trim();
    await writeFile(join(machine.home, 'data', 'work', key, 'artifact.json'), '{"ver');
    expect((await tg(machine, single(plan))).all).toContain('OTHER << single[000] >> again');
  });

  test('--use-build refuses an artifact that lacks a file of its program; a plain run rebuilds it', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("whole")');
    const key = (await tg(machine, ['build', 'single', '-q', '-p', plan])).stdout.trim();
    await rm(join(machine.home, 'data', 'work', key, 'plan'), { recursive: true });
    const { code, stderr } = await tg(machine, single(plan, '--use-build', key));
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`the artifact "${key}" is incomplete: plan/index.mjs is missing`),
    ]);
    expect((await tg(machine, single(plan))).all).toContain('OTHER << single[000] >> whole');
  });

  test('build exits 4 for a syntax error and names its file, line and column', async () => {
    const { code, stderr } = await tg(await someMachine(), [
      'build',
      'single',
      '-p',
      await planWith('const x = ;'),
    ]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('index.mjs:1:10')]);
  });
});

describe.concurrent('tg build purge', () => {
  test('removes all artifacts of the plan, keeps those of other plans, and requires --builder', async () => {
    const machine = await someMachine();
    const [plan, other] = [await planWith('1'), await planWith('2', { manifest: '' })];
    await writeFile(
      join(other, 'manifest.toml'),
      (await readFile(join(other, 'manifest.toml'), 'utf8')).replace('name = "p"', 'name = "p-q"'),
    );
    for (const dir of [plan, other]) await tg(machine, ['build', 'single', '-p', dir]);
    await writeFile(join(plan, 'index.mjs'), '3');
    await tg(machine, ['build', 'single', '-p', plan]);
    expect(workOf(machine)).toHaveLength(3);
    const purged = await tg(machine, ['build', 'purge', '-p', plan, '-b', 'exec:node']);
    expect(purged.code).toBe(0);
    expect(purged.stdout).toMatch(
      /^(removed exec-node--p-\w{12}\n){2}finished purging testplan p for builder exec:node\n$/,
    );
    expect(workOf(machine)).toEqual([expect.stringMatching(/^exec-node--p-q-\w{12}$/)]);
    expect((await tg(machine, ['build', 'purge', '-p', plan])).stderr).toContain('--builder');
  });
});

const compositionWith = (groups: string, global = '') => `# Mine.
[metadata]
name = "c"

[global]
plan = "./plan" # beside this file
case = "t"
builder = "exec:node"
runner = "local:exec"
${global}
${groups}`;

/** Makes a folder with this composition as c.toml and its plan in plan/. */
async function compositionIn(text: string, params = ''): Promise<string> {
  const plan = await planWith(
    'console.log(process.env.TEST_GROUP_ID, process.env.TEST_INSTANCE_PARAMS, process.env.TEST_INSTANCE_COUNT)',
    { params },
  );
  return await folderWith({
    'c.toml': text,
    'plan/manifest.toml': await readFile(join(plan, 'manifest.toml'), 'utf8'),
    'plan/index.mjs': await readFile(join(plan, 'index.mjs'), 'utf8'),
  });
}

const two = `[[groups]]
id = "a" # the first
[groups.instances]
count = 2
[groups.run.test_params]
x = "of a"

[[groups]]
id = "b"
instances = { percentage = 0.5 }
`;

describe.concurrent('tg run composition', () => {
  test('runs all groups together; group parameters override global ones, which override those of the manifest', async () => {
    const machine = await someMachine();
    const params =
      'x = { type = "string", default = "manifest" }\ny = { type = "string", default = "manifest" }\nz = { type = "int", default = 1 }';
    const dir = await compositionIn(
      compositionWith(two, 'total_instances = 4\n[global.run.test_params]\nx = "global"\nz = 2\n'),
      params,
    );
    const { code, all, runId } = await tg(machine, [
      'run',
      'composition',
      '-f',
      join(dir, 'c.toml'),
      '--collect',
    ]);
    expect([code, all]).toEqual([0, expect.stringContaining('outcome: success; 4 instances: 4 success')]);
    expect(all).toContain('OTHER << a[001] >> a x=of a|y=manifest|z=2 4');
    expect(all).toContain('OTHER << b[000] >> b x=global|y=manifest|z=2 4');
    expect(all).toContain(`created file: ${runId}.tgz`);
    // Both groups share one build.
    expect(all.match(/performing build/g)).toHaveLength(1);
    expect(all).toContain('"groups": ["a", "b"]');
  });

  test('uses the artifacts that tg build composition -w wrote into the file; -i ignores them, -a replaces them', async () => {
    const machine = await someMachine();
    const text = compositionWith(two, 'total_instances = 4');
    const dir = await compositionIn(text, 'x = { type = "string", default = "m" }');
    const file = join(dir, 'c.toml');
    const built = await tg(machine, ['build', 'composition', '-f', file, '-w']);
    expect([built.code, built.stdout.match(/generated build artifact/g)?.length]).toEqual([0, 2]);
    const [key = ''] = workOf(machine);
    const written = await readFile(file, 'utf8');
    // test/plan/write-artifacts.test.ts checks that the rest of the file stays as it was.
    expect(written.match(new RegExp(key, 'g'))).toHaveLength(2);
    await writeFile(join(dir, 'plan', 'index.mjs'), 'console.log("new")');
    const used = await tg(machine, ['run', 'composition', '-f', file]);
    expect([used.code, used.all]).toEqual([0, expect.stringContaining('OTHER << b[001] >> b x=m 4')]);
    const ignored = await tg(machine, ['run', 'composition', '-f', file, '-i', '-a']);
    expect([ignored.code, ignored.all]).toEqual([0, expect.stringContaining('OTHER << b[001] >> new')]);
    const rewritten = await readFile(file, 'utf8');
    expect(rewritten).not.toContain(key);
    expect(rewritten).toContain('# the first');
  });

  test.each([
    [
      'a total_instances that is not the sum of the groups',
      two,
      'total_instances = 7',
      /global\.total_instances: the groups have 6 instances together, not 7\n {2}a: 2, b: 4/,
    ],
    [
      'a percentage without total_instances',
      two,
      '',
      /groups\[1\]\.instances: the percentage 0\.5 needs total_instances/,
    ],
    [
      'a duplicate group ID',
      `${two}${two}`,
      'total_instances = 8',
      /groups\[2\]\.id: is the id of another group: it must be unique, not "a"/,
    ],
    [
      'an unknown builder',
      two
        .replace('count = 2', 'count = 2\n[groups.nothing]')
        .replace('id = "a"', 'id = "a"\nbuilder = "exec:nope"'),
      'total_instances = 4',
      /unknown builder "exec:nope"/,
    ],
    [
      'too many instances',
      '[[groups]]\nid = "a"\ninstances = { count = 51 }',
      '',
      /51 instances are out of range/,
    ],
    [
      'a template with an unknown field',
      '[[groups]]\nid = "{{ .Evn.X }}"\ninstances = { count = 1 }',
      '',
      /c\.toml:\d+:\d+: there is no \.Evn here\n {2}There is \.Env\./,
    ],
    [
      'a run without groups',
      `${two}\n[[runs]]\nid = "r"`,
      'total_instances = 4',
      /runs\[0\]\.groups: is missing; it must be an array/,
    ],
    ['a composition without groups', '', '', /groups: is missing/],
    [
      'a group ID with a slash',
      '[[groups]]\nid = "a/b"\ninstances = { count = 1 }',
      '',
      /groups\[0\]\.id: must be a name/,
    ],
  ])('refuses %s before anything starts', async (_, groups, global, message) => {
    const dir = await compositionIn(
      compositionWith(groups, global),
      'x = { type = "string", default = "m" }',
    );
    const machine = await someMachine();
    const file = join(dir, 'c.toml');
    const { code, stdout, stderr } = await tg(machine, ['run', 'composition', '-f', file]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(await runsOn(machine)).toEqual([]);
  });

  test('warns of a group’s build_config that applies to Docker only', async () => {
    const dir = await compositionIn(
      compositionWith(
        '[[groups]]\nid = "a"\nbuilder = "docker:node"\ninstances = { count = 1 }\nbuild_config = { base_image = ["node"] }',
      ),
    );
    const { code, all } = await tg(await someMachine(), ['run', 'composition', '-f', join(dir, 'c.toml')]);
    expect([code, all]).toEqual([
      0,
      expect.stringMatching(/WARN\tnot applied without Docker \(.*groups\[0\]\.build_config\): base_image/),
    ]);
  });

  test('warns that the resources of a group do not apply', async () => {
    const dir = await compositionIn(
      compositionWith(
        '[[groups]]\nid = "a"\ninstances = { count = 1 }\nresources = { memory = "1Gi", cpu = "1" }',
      ),
    );
    const { code, all } = await tg(await someMachine(), ['run', 'composition', '-f', join(dir, 'c.toml')]);
    expect([code, all]).toEqual([
      0,
      expect.stringMatching(/WARN\t.*c\.toml: resources do not apply, .*: groups\[0\]/),
    ]);
  });
});
