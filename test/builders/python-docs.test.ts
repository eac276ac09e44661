import { readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { type Machine, root, someMachine } from '../support/tg.ts';

/** Follows docs/python.md from its top, as a new user does: writes its files and runs its commands. */

const page = readFileSync(join(root, 'docs', 'python.md'), 'utf8');

/** The sections of the page; the text before the first `##` is one too. */
const sections = page.split(/\n(?=## )/);

function section(heading: string): string {
  const found = sections.find((part) => part.startsWith(heading));
  if (found === undefined) throw new Error(`no section ${heading}`);
  return found;
}

/** Follows the blocks of a section in order, in one folder. @returns the output of each command. */
async function follow(text: string): Promise<string[]> {
  const machine = await someMachine();
  const said: string[] = [];
  for (const [, language, block = ''] of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === 'sh')
      for (const line of block.trimEnd().split('\n')) said.push(await carryOut(machine, line));
    else await writeBlock(machine, block);
  }
  return said;
}

async function writeBlock({ cwd }: Machine, block: string): Promise<void> {
  const [, name, text = ''] = /^# (\S+)\n([\s\S]*)$/.exec(block) ?? [];
  if (name === undefined) throw new Error(`a block names no file: ${block}`);
  await mkdir(dirname(join(cwd, name)), { recursive: true });
  await writeFile(join(cwd, name), text);
}

async function carryOut({ cwd, env }: Machine, line: string): Promise<string> {
  const command = line.replace(/^tg /, `${process.execPath} ${root}/bin/tg.js `);
  const { exitCode, all } = await execa('bash', ['-c', command], {
    ...{ cwd, env, extendEnv: false, reject: false, all: true },
  });
  expect([line, exitCode, exitCode === 0 ? '' : all]).toEqual([line, 0, '']);
  return all;
}

describeWith('python3', 'docs/python.md', () => {
  test('has working first commands', async () => {
    const [, run] = await follow(section('# Plans in Python'));
    expect(run).toContain('outcome: success; 3 instances: 3 success');
  });

  test('has a working plan from scratch', async () => {
    const [run, metrics] = await follow(section('## A plan from scratch'));
    expect(run?.match(/MESSAGE << single\[00\d\] >> instance \d leads/g)).toHaveLength(5);
    expect(metrics).toMatch(/\bwait\b.*timer/);
  });

  test('has a working asyncio plan', async () => {
    const [run] = await follow(section('## With asyncio'));
    expect(run).toContain('outcome: success; 4 instances: 4 success');
  });

  test('has no command outside the tested sections', () => {
    const tested = ['# Plans in Python', '## A plan from scratch', '## With asyncio', '## Packages'];
    const withCommands = sections.filter((part) => part.includes('\n```sh\n'));
    expect(withCommands.map((part) => part.slice(0, part.indexOf('\n')))).toEqual(tested);
  });
});

describeWith('uv', 'docs/python.md', () => {
  test('has working instructions for packages from PyPI', async () => {
    const [venv, , ownVenv, , uv] = await follow(section('## Packages'));
    expect(venv).toContain('outcome: success; 1 instance');
    expect(ownVenv).toContain('outcome: success; 3 instances: 3 success');
    expect(uv).toContain('outcome: success; 3 instances: 3 success');
  }, 120_000);

  test('describes an SDK that installs by its path with types, and leaves its source folder unchanged', async () => {
    const { cwd } = await someMachine();
    const sdk = join(root, 'python');
    const filesOf = async (folder: string) =>
      (await readdir(folder, { recursive: true })).filter((name) => !name.includes('__pycache__')).sort();
    const before = await filesOf(sdk);
    await execa('uv', ['venv', '-q', 'v'], { cwd });
    await execa('uv', ['pip', 'install', '-q', '-p', 'v', sdk], { cwd });
    const program = 'import tg_sdk; print(tg_sdk.__file__)';
    const { stdout } = await execa(join(cwd, 'v', 'bin', 'python'), ['-I', '-c', program], { cwd });
    expect(stdout).toContain(cwd);
    expect(await filesOf(dirname(stdout))).toEqual(['__init__.py', 'py.typed']);
    expect(await filesOf(sdk)).toEqual(before);
  }, 120_000);
});
