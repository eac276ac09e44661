import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { type DocStep, docSteps } from '../support/doc-steps.ts';
import { describeWith } from '../support/needs.ts';
import { type Machine, root, someMachine } from '../support/tg.ts';
import { inTerminal } from '../support/tmux.ts';

const pages = [
  ['docs/tutorial.md', undefined],
  ['README.md', 'A plan in ten lines'],
] as const;

const isRecording = process.env['TG_TEST_RECORD'] === '1';

function block(shown: string): string {
  return `\`\`\`text\n${shown}\`\`\``;
}

/** Writes or changes the files of a step. */
async function edit(step: DocStep, { cwd }: Machine, written: string[]): Promise<void> {
  if (step.kind === 'write') {
    await mkdir(dirname(join(cwd, step.file)), { recursive: true });
    await writeFile(join(cwd, step.file), step.text);
    written.push(step.file);
  } else if (step.kind === 'change') {
    const files = await Promise.all(
      written.map(async (name) => ({ name, text: await readFile(join(cwd, name), 'utf8') })),
    );
    const found = files.filter(({ text }) => text.includes(step.removed));
    expect(found).toHaveLength(1);
    for (const { name, text } of found)
      await writeFile(join(cwd, name), text.replace(step.removed, step.added));
  }
}

function asHere(command: string): string {
  const tg = `${process.execPath} ${root}/bin/tg.js`;
  return command.replace(/^(?:npx )?tg /, `${tg} `).replace(/ # exit \d+$/, '');
}

describe.each(pages)('%s', (page, section) => {
  test('its commands end as it says', { timeout: 120_000 }, async () => {
    const machine = await someMachine();
    const written: string[] = [];
    for (const step of docSteps(page, section)) {
      await edit(step, machine, written);
      if (step.kind !== 'run') continue;
      const { exitCode, all } = await execa('bash', ['-c', asHere(step.command)], {
        ...{ cwd: machine.cwd, env: machine.env, extendEnv: false },
        ...{ reject: false, all: true },
      });
      expect([step.command, exitCode, all]).toEqual([step.command, step.exit, expect.anything()]);
    }
  });

  describeWith('tmux', 'on a terminal', () => {
    test('shows what its commands print', { timeout: 180_000 }, async () => {
      const machine = await someMachine();
      const written: string[] = [];
      let text = readFileSync(join(root, page), 'utf8');
      for (const step of docSteps(page, section)) {
        await edit(step, machine, written);
        if (step.kind !== 'run') continue;
        const printed = await printedBy(step.command, machine);
        const { shown } = step;
        if (shown === undefined) continue;
        if (isRecording) text = text.replace(block(shown), () => block(recorded(shown, printed)));
        else for (const line of shown.trimEnd().split('\n')) expectShown(line, printed);
      }
      if (isRecording) writeFileSync(join(root, page), text);
    });
  });
});

/** The lines that a command prints on a terminal, with the folders of a reader. */
async function printedBy(command: string, { cwd, env, home }: Machine): Promise<string[]> {
  const terminal = await inTerminal(`clear; ${asHere(command)}; echo "status $?"`, {
    ...{ columns: 100, rows: 50, cwd, env },
  });
  await terminal.press('Enter');
  await expect.poll(terminal.screen, { timeout: 60_000 }).toMatch(/^status \d+$/m);
  const text = await terminal.everything();
  return text
    .replaceAll(home, '/home/you/testground')
    .replaceAll(cwd, '/home/you')
    .split('\n')
    .filter((line) => !/^status \d+$|^ready>/.test(line))
    .map((line) => line.trimEnd());
}

/**
 * Numbers, IDs, the widths of columns and the order of outcomes differ from run to run. On a busy machine, so do the
 * signs of changes, and whether they are marked as significant.
 */
function comparable(line: string): string {
  return line
    .replaceAll(/\b00[0-9a-v]{18}\b/g, 'ID')
    .replaceAll(/\b\w{3} \d{2} [\d:.]+/g, 'TIME')
    .replaceAll(/\[[\d,-]+\]/g, '[#]')
    .replaceAll(/[+-]?\d+(\.\d+)?(\.\.[+-]?\d+(\.\d+)?)?/g, '#')
    .split(/[\s,]+/)
    .filter((word) => word !== '*')
    .sort()
    .join(' ')
    .trim();
}

function expectShown(line: string, printed: readonly string[]): void {
  if (line === '…') return;
  expect(printed.map(comparable)).toContain(comparable(line));
}

/** The new text of a block: as many of the last lines as it had after `…`, or all. */
function recorded(shown: string, printed: readonly string[]): string {
  const [first, ...rest] = shown.trimEnd().split('\n');
  const isPart = first === '…' && rest.length > 0;
  const kept = isPart ? printed.slice(-rest.length) : printed;
  return `${(isPart ? ['…', ...kept] : kept).join('\n')}\n`;
}
