import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith } from '../support/temp.ts';
import { type Machine, outputsOf, single, someMachine, tg } from '../support/tg.ts';

/** Sets a terminal’s title and clipboard, makes a link, clears it twice, returns the cursor, reverses the text. */
const hostile = 'x\u001b]0;t\u0007\u001b]52;c;eA\u0007\u001b]8;;http://x\u001b\\\u001b[2J\u009b2J\r\u202e';
const toml = (text: string) => JSON.stringify(text);

const manifest = (name: string) => `name = ${toml(name)}
${toml(`key${hostile}`)} = 1
[defaults]
testcase = ${toml(`t${hostile}`)}
builder = "exec:generic"
runner = "local:exec"
[builders."exec:generic"]
run = "printf '\\\\033[2J%s\\\\n' out; printf '\\\\033]0;x\\\\007' >&2; exit 1"
[[testcases]]
name = ${toml(`t${hostile}`)}
instances = { min = 1, max = 5, default = 1 }
  [testcases.params]
  ${toml(`p${hostile}`)} = { type = "string", desc = ${toml(hostile)}, unit = ${toml(hostile)}, default = ${toml(hostile)} }
`;

/** Characters that a terminal may obey: see src/util/sanitize-terminal.ts. */
const obeyed = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Commands that print names of a plan, or of a missing one. */
const ofPlan = (dir: string): readonly (readonly string[])[] => [
  ['describe', '-p', dir],
  ['describe', '-p', dir, '-t', `t${hostile}`],
  ['describe', '-p', dir, '-t', `no${hostile}`],
  ['plan', 'import', '--from', dir, '--name', 'mine'],
  ['plan', 'list'],
  ['plan', 'rm', '-p', `no${hostile}`],
  ['plan', 'create', '-p', `no${hostile}`],
  ['plan', 'import', '--from', `no${hostile}`],
  single(dir, '--dry-run'),
  single(dir, '--list'),
  single(dir),
  single(dir, '-i', '99'),
  single(dir, '--tp', `no${hostile}=1`),
  single(dir, '-t', `no${hostile}`),
  single(`no${hostile}`),
  single(dir, '-o', `no${hostile}/x`),
  single(dir, '--threshold', `no${hostile}`),
  ['build', 'single', '-p', dir],
  ['build', 'purge', '-p', dir, '-b', 'exec:generic'],
  ['build', 'purge', '-p', dir, '-b', `no${hostile}`],
];

/** Commands that print what a run has recorded. */
const ofRun = (run: string): readonly (readonly string[])[] => [
  ['status', run],
  ['status', run, '--extended'],
  ['why', run],
  ['logs', run],
  ['logs', run, '-i', `no${hostile}`],
  ['metrics', run],
  ['metrics', run, '--since', hostile],
  ['report', run, '-o', `page${hostile}.html`],
  ['rerun', run, '--dry-run', '--yes'],
  ['compare', run, run],
  ['tasks'],
  ['terminate', run],
  ['prune', '--older-than', '0s'],
  ['prune', '--older-than', hostile],
];

const others: readonly (readonly string[])[] = [
  [`no${hostile}`],
  [`--no${hostile}`],
  ['run', 'single', `--no${hostile}`],
  ['tasks', '--state', hostile],
  ['collect', `no${hostile}`],
  ['status', `no${hostile}`],
  ['schema', hostile],
  ['completion', hostile],
  ['sync-service', '--port', hostile],
  ['terminate', hostile],
  ['rerun', hostile],
  ['run', 'composition', '-f', `no${hostile}`],
];

async function expectSanitized(machine: Machine, args: readonly string[]): Promise<void> {
  const { code, all } = await tg(machine, args);
  expect([args, code, all, obeyed.exec(all)?.index]).toEqual([args, code, all, undefined]);
  expect([args, code === 70]).toEqual([args, false]);
}

describe.concurrent('tg prints no control characters', () => {
  // The name of a plan becomes that of a folder; an impossible one is an error.
  test.each(['p', `p${hostile}`])('from a manifest with the name %j', { timeout: 120_000 }, async (name) => {
    const machine = await someMachine();
    const dir = await folderWith({ 'manifest.toml': manifest(name) });
    for (const args of ofPlan(dir)) await expectSanitized(machine, args);
  });

  test('from a command line', async () => {
    const machine = await someMachine();
    for (const args of others) await expectSanitized(machine, args);
  });

  test('from a run, and from the unpacked records of someone else’s run', async () => {
    const machine = await someMachine();
    const dir = await folderWith({ 'manifest.toml': manifest('p') });
    const { runId } = await tg(machine, single(dir));
    const outputs = await outputsOf(machine, runId);
    for (const args of ofRun(runId)) await expectSanitized(machine, args);
    const unpacked = join(machine.cwd, 'unpacked');
    cpSync(outputs, unpacked, { recursive: true });
    for (const name of ['journal.ndjson', 'result.json', 'run.json']) {
      const file = join(unpacked, name);
      const text = readFileSync(file, 'utf8');
      const changed = text
        .replaceAll('"p"', JSON.stringify(`p${hostile}\n\t`))
        .replaceAll('"default"', JSON.stringify(`d${hostile}`))
        .replaceAll('"single"', JSON.stringify(`single${hostile}`));
      writeFileSync(file, changed);
    }
    for (const args of ofRun('./unpacked')) await expectSanitized(machine, args);
  });

  test('from the host of the owner in an unpacked run, which cannot forge a line of tg status either', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await folderWith({ 'manifest.toml': manifest('p') })));
    const unpacked = join(machine.cwd, 'unpacked');
    cpSync(await outputsOf(machine, runId), unpacked, { recursive: true });
    rmSync(join(unpacked, 'result.json'));
    const journal = join(unpacked, 'journal.ndjson');
    const host = JSON.stringify(`x\nOutcome:\tsuccess${hostile}`);
    const text = readFileSync(journal, 'utf8').replace(
      /"boot":"[^"]*","host":"[^"]*"/,
      `"boot":"b","host":${host}`,
    );
    expect(text).toContain(host);
    writeFileSync(journal, text);
    for (const args of ofRun('./unpacked')) await expectSanitized(machine, args);
    const { stdout } = await tg(machine, ['status', './unpacked']);
    expect(stdout).toMatch(/^Owner:.* on x/m);
    expect(stdout).not.toMatch(/^Outcome:\tsuccess/m);
  });

  test('from the groups and runs of a composition', async () => {
    const machine = await someMachine();
    const dir = await folderWith({ 'manifest.toml': manifest('p') });
    const composition = `[global]
plan = ${toml(dir)}
case = ${toml(`t${hostile}`)}
builder = "exec:generic"
runner = "local:exec"
[[groups]]
id = ${toml(`g${hostile}`)}
instances = { count = 1 }
[[runs]]
id = ${toml(`r${hostile}`)}
[[runs.groups]]
id = ${toml(`g${hostile}`)}
`;
    writeFileSync(join(machine.cwd, 'c.toml'), composition);
    for (const more of [['--list'], ['--dry-run'], [], ['--run-ids', hostile], ['--repeat', '2']])
      await expectSanitized(machine, ['run', 'composition', '-f', 'c.toml', ...more]);
  });
});
