import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';
import { type Machine, outputsOf, root, single, someMachine, tg } from '../support/tg.ts';
import { inTerminal } from '../support/tmux.ts';

const manifest = `name = "p"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
run = "true"
[[testcases]]
name = "t"
instances = { min = 1, max = 1, default = 1 }
`;

/** A run folder from elsewhere, with a run line of its own; `ran` says whether that line has been run. */
async function unpacked(machine: Machine) {
  const { runId } = await tg(machine, single(await folderWith({ 'manifest.toml': manifest })));
  const dir = join(machine.cwd, 'theirs');
  cpSync(await outputsOf(machine, runId), dir, { recursive: true });
  const mark = join(machine.cwd, 'mark');
  const file = join(dir, 'run.json');
  const bundle = readFileSync(file, 'utf8').replace('"run": "true"', `"run": ": >${mark} \\u001b[2J"`);
  writeFileSync(file, bundle);
  return { runId, dir, line: `: >${mark}`, ran: () => existsSync(mark) };
}

/** All files of a folder with their contents. */
function contentOf(dir: string): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return files.map(
    ({ parentPath, name }) => `${join(parentPath, name)}: ${readFileSync(join(parentPath, name))}`,
  );
}

describe('a run folder from elsewhere', () => {
  test('is shown and refused by tg rerun without a terminal, and run with --yes', async () => {
    const machine = await someMachine();
    const { line, ran } = await unpacked(machine);
    for (const asked of ['./theirs', './theirs/run.json', 'theirs']) {
      const { code, stderr } = await tg(machine, ['rerun', asked]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(line)]);
      expect(stderr).toContain('group single: exec:generic');
      expect(stderr).toContain('Add --yes if you trust it.');
      expect(stderr).not.toContain('\u001b');
    }
    expect((await tg(machine, ['rerun', './theirs', '--dry-run'])).code).toBe(0);
    expect(ran()).toBe(false);
    await tg(machine, ['rerun', './theirs', '--build', '--yes']);
    expect(ran()).toBe(true);
  });

  test('is only read by status, why, logs, metrics and report', async () => {
    const machine = await someMachine();
    const { dir, ran } = await unpacked(machine);
    const before = contentOf(dir);
    const page = join(machine.cwd, 'page.html');
    for (const args of [['status'], ['why'], ['logs'], ['metrics'], ['report', '-o', page]])
      expect([args, (await tg(machine, [...args, dir])).code]).toEqual([args, 0]);
    expect(contentOf(dir)).toEqual(before);
    expect(ran()).toBe(false);
  });

  test('needs consent through a link among the outputs too; a run of this home needs none', async () => {
    const machine = await someMachine();
    const { runId, dir, ran } = await unpacked(machine);
    const own = await outputsOf(machine, runId);
    const link = join(own, '..', `${runId.slice(0, -1)}${runId.endsWith('0') ? '1' : '0'}`);
    symlinkSync(dir, link);
    expect((await tg(machine, ['rerun', link])).code).toBe(2);
    expect(ran()).toBe(false);
    for (const asked of [runId, own, `${own}/run.json`])
      expect((await tg(machine, ['rerun', asked])).code).toBe(0);
  });
});

describeWith('tmux', 'the question of tg rerun on a terminal', () => {
  test.each([
    ['n', 2, false],
    ['y', 0, true],
    ['C-c', 130, false],
  ])('takes the answer %s, and runs the line only for y', async (key, status, carriedOut) => {
    const machine = await someMachine();
    const { ran } = await unpacked(machine);
    const terminal = await inTerminal(
      `${process.execPath} ${root}/bin/tg.js rerun ./theirs --build; echo "status $?"`,
      { columns: 120, rows: 40, cwd: machine.cwd, env: machine.env },
    );
    await terminal.press('Enter');
    await expect.poll(() => terminal.everything(), { timeout: 30_000 }).toContain('Run it? [y/N]');
    await terminal.press(key);
    if (key !== 'C-c') await terminal.press('Enter');
    await expect.poll(() => terminal.everything(), { timeout: 30_000 }).toContain(`status ${status}`);
    expect(ran()).toBe(carriedOut);
  });
});
