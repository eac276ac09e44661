import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { expectNothingLeft } from '../support/faults.ts';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import {
  ended,
  entriesOf,
  instanceFile,
  type Machine,
  outputsOf,
  root,
  single,
  someMachine,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { walk } from '../support/walk.ts';

/** Commands of an instance between two lines of output; O is the folder of its outputs, G its group's, R the run's. */
const inFolder = [
  'mv $O $O.away',
  'mv $O $O.away; mkdir $O',
  'rm -rf $O',
  'rm -rf $O; mkdir $O',
  'mv $O $O.away; ln -s $O.away $O',
  'mv $O $O.away; echo x >$O',
  'cd $O; mv .run.out.captured kept',
  'cd $O; mv .run.out.captured kept; : >.run.out.captured',
  'cd $O; mv .run.out.captured kept; ln -s /dev/null .run.out.captured',
  'cd $O; : >other; mv .run.out.captured kept; ln other .run.out.captured',
  'cd $O; mkfifo pipe; mv pipe .run.out.captured',
] as const;
const above = [
  'mv $G $G.away',
  'mv $G $G.away; mkdir -p $O',
  'mv $G $G.away; ln -s $G.away $G',
  'rm -rf $G',
  'mv $R $R.away',
  'mv $R $R.away; mkdir -p $O',
  'rm -rf $R',
] as const;

/** A plan whose instance n runs command n, for both builders: one gives it pipes for its output, one files. */
async function planThat(does: readonly string[]): Promise<string> {
  const cases = does.map((what, index) => `${index}) ${what} ;;\n`);
  return await folderWith({
    'manifest.toml': `name = "moves"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
run = "sh main.sh"
[builders."exec:node"]
[[testcases]]
name = "t"
instances = { min = 1, max = 100, default = ${does.length} }
`,
    'main.sh': `O=$TEST_OUTPUTS_PATH; G=$(dirname $O); R=$(dirname $G); index=$(basename $O)
echo before; echo before >&2
case $index in
${cases.join('')}esac
echo after; echo after >&2
`,
    'index.mjs': `import { execFileSync } from 'node:child_process';
execFileSync('sh', ['main.sh'], { stdio: 'inherit' });`,
  });
}

async function expectKept(machine: Machine, runId: string, does: readonly string[]): Promise<void> {
  const verdicts = await verdictsOf(machine, runId);
  for (const [index, what] of does.entries()) {
    const out = await instanceFile(machine, runId, index, 'run.out');
    const err = await instanceFile(machine, runId, index, 'run.err');
    expect([what, out, err]).toEqual([what, 'before\nafter\n', 'before\nafter\n']);
    const verdict =
      /^incomplete: exited with status 0, but its output is incomplete: .*(removed|moved away|replaced)/;
    expect([what, verdicts[index]]).toEqual([what, expect.stringMatching(verdict)]);
  }
}

describe.each(['exec:generic', 'exec:node'])(
  'an instance of %s that moves or removes its own outputs',
  (builder) => {
    test('is judged incomplete, and its run.out and run.err are whole', async () => {
      const machine = await someMachine();
      const run = await tg(machine, single(await planThat(inFolder), '-b', builder, '-o', 'run.tgz'));
      expect(run.code).toBe(6);
      await expectKept(machine, run.runId, inFolder);
      await expectNothingLeft(machine, run.runId);
      const names = await entriesOf(join(machine.cwd, 'run.tgz'));
      for (const index of inFolder.keys()) expect(names).toContain(`${run.runId}/single/${index}/run.out`);
    });

    test.each(above)('is judged incomplete if it does so with the folders above: %s', async (what) => {
      const machine = await someMachine();
      const run = await tg(machine, single(await planThat([what]), '-b', builder, '-o', 'run.tgz'));
      expect(run.code).toBe(6);
      await expectKept(machine, run.runId, [what]);
      await expectNothingLeft(machine, run.runId);
      expect((await tg(machine, ['status', '-t', run.runId])).stdout).toMatch(/Outcome:\s+unknown/);
      expect(await entriesOf(join(machine.cwd, 'run.tgz'))).toContain(`${run.runId}/journal.ndjson`);
    });
  },
);

test('an instance that replaces the outputs of another makes that one incomplete, and passes itself', async () => {
  const machine = await someMachine();
  // The first instance waits until its folder has been replaced.
  const plan = await planThat([
    'while [ ! -e $G/done ]; do sleep 0.05; done',
    'while [ ! -e $G/0/.run.out.captured ]; do sleep 0.05; done; mv $G/0 $G/away; ln -s $G/away $G/0; : >$G/done',
  ]);
  const run = await tg(machine, single(plan));
  expect(run.code).toBe(6);
  const [first, second] = await verdictsOf(machine, run.runId);
  expect(first).toMatch(/^incomplete: .*the folder 0 of its outputs was replaced; .*0\.plan/);
  expect(second).toMatch(/^success/);
  expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('before\nafter\n');
});

test.each([
  ['journal.ndjson', 'removed', 'rm $R/journal.ndjson'],
  ['journal.ndjson', 'moved away', 'mv $R/journal.ndjson $O'],
  ['journal.ndjson', 'replaced', 'mv $R/journal.ndjson $O; mkfifo $R/journal.ndjson'],
  ['sync.ndjson', 'replaced', 'rm $R/sync.ndjson; ln -s /etc/passwd $R/sync.ndjson'],
])('%s of the run, %s by an instance, is restored with a warning', async (name, how, what) => {
  const machine = await someMachine();
  const run = await tg(machine, single(await planThat([what])));
  expect(run.code).toBe(0);
  expect(run.stdout).toContain(`WARN\t${name} was ${how} during the run, and is restored\n`);
  const file = join(await outputsOf(machine, run.runId), name);
  expect(lstatSync(file).isFile()).toBe(true);
  expect((await tg(machine, ['logs', run.runId])).stdout).toContain('before');
  expect((await tg(machine, ['status', '-t', run.runId])).stdout).toMatch(/Outcome:\s+success/);
});

test('a journal that an instance truncated makes the records incomplete: exit 5', async () => {
  const machine = await someMachine();
  const run = await tg(machine, single(await planThat([': >$R/journal.ndjson'])));
  const text = 'journal.ndjson was truncated during the run: its content is lost';
  expect([run.code, run.stdout]).toEqual([5, expect.stringContaining(`are incomplete: ${text}`)]);
});

test('pushed metrics that the plan moved away are restored with a warning', async () => {
  const machine = await someMachine();
  const plan = await planWith(
    `import { execFileSync } from 'node:child_process';
     const { INFLUXDB_URL, TEST_OUTPUTS_PATH: outputs } = process.env;
     const push = (value) => fetch(INFLUXDB_URL + '/write?db=d', { method: 'POST', body: 'latency value=' + value });
     await push(1); execFileSync('mv', [outputs + '/metrics.lp', outputs + '/mine']);
     execFileSync('mkfifo', [outputs + '/metrics.lp']); await push(2);`,
  );
  const run = await tg(machine, single(plan));
  expect(run.code).toBe(0);
  expect(run.stdout).toContain('single[000]: metrics.lp was replaced during the run, and is restored');
  const lines = (await instanceFile(machine, run.runId, 0, 'metrics.lp')).trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[1])).toEqual(['value=1', 'value=2']);
});

test('a link in place of the folder for temporary files is removed, but nothing behind it', async () => {
  const machine = await someMachine();
  const mine = await folderWith({ file: 'x', 'below/file': 'x' });
  // The second instance waits for the first link: otherwise the first would write through the second's link.
  const links = [
    `rm -rf $TEST_TEMP_PATH; ln -s ${mine} $TEST_TEMP_PATH`,
    `cd /; T=$(dirname $TEST_TEMP_PATH); while [ ! -L $T/0 ]; do sleep 0.05; done; mkdir ${mine}/1; echo x >${mine}/1/file; mv $T $T.away; ln -s ${mine} $T`,
  ];
  const run = await tg(machine, single(await planThat(links)));
  expect(run.code).toBe(0);
  await expectNothingLeft(machine, run.runId);
  expect(walk(mine).sort()).toEqual(['1', '1/file', 'below', 'below/file', 'file']);
});

/** File permissions do not stop root: as root, tg runs as nobody here. */
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

async function tgAsNobody(machine: Machine, args: readonly string[]) {
  const [command = '', ...rest] = [...asNobody, process.execPath, join(root, 'bin', 'tg.js'), ...args];
  return ended(
    await execa(command, rest, {
      cwd: machine.cwd,
      env: machine.env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
    }),
  );
}

test('an instance that removes all permissions from its files passes, is collected, and leaves nothing behind', {
  tags: ['setpriv'],
}, async () => {
  const machine = await someMachine();
  const forbid =
    'cd $O; mkdir read-only locked; echo x >read-only/x; chmod 555 read-only; chmod 0 locked; ' +
    'echo x >$O/secret; chmod 0 $O/secret; chmod 0 .run.out.captured .run.err.captured; ' +
    'mkdir -p $TEST_TEMP_PATH/a/b; : >$TEST_TEMP_PATH/a/b/c; chmod 0 $TEST_TEMP_PATH/a/b; chmod 555 $TEST_TEMP_PATH/a; ' +
    'chmod 0 $O; chmod 0 $G; chmod 0 $R';
  const plan = await planThat([forbid]);
  if (isRoot) execFileSync('chown', ['-R', '65534', plan, join(machine.cwd, '..')]);
  const run = await tgAsNobody(machine, single(plan, '-o', 'run.tgz'));
  expect([run.code, run.all]).toEqual([0, run.all]);
  await expectNothingLeft(machine, run.runId);
  expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('before\nafter\n');
  expect(run.stdout).toContain('left out of the archive: "single/0/secret", it cannot be read: EACCES');
  expect(run.stdout).toMatch(
    /left out of the archive: "single\/0\/locked", its content cannot be listed: EACCES/,
  );
  // The user who unpacks the archive can remove what it contains.
  const dir = mkdtempSync(join(machine.cwd, 'unpacked-'));
  if (isRoot) execFileSync('chown', ['65534', dir]);
  const [unpack = '', ...args] = [...asNobody, 'tar', 'xzf', join(machine.cwd, 'run.tgz'), '-C', dir];
  execFileSync(unpack, args);
  expect(readFileSync(join(dir, run.runId, 'single/0/read-only/x'), 'utf8')).toBe('x\n');
  const [remove = '', ...what] = [...asNobody, 'rm', '-r', join(dir, run.runId)];
  execFileSync(remove, what);
  expect((await tgAsNobody(machine, ['logs', run.runId])).code).toBe(0);
});
