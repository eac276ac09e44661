import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { headings } from '../../src/cli/flags/flag-definitions.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { packageRoot } from '../../src/os/own-package.ts';
import { shellWords } from '../../src/util/shell-words.ts';

/** All commands that help shows, with the words that call them. */
function commandsOf(command: Command, words: readonly string[]): { command: Command; words: string }[] {
  const below = command.commands.filter((its) => !its.name().startsWith('__'));
  return [
    { command, words: words.join(' ') },
    ...below.flatMap((its) => commandsOf(its, [...words, its.name()])),
  ];
}

/** A program whose actions do nothing. */
function idleProgram(): Command {
  const program = buildProgram('tg', () => {});
  for (const { command } of commandsOf(program, ['tg']))
    if (command.commands.length === 0) command.action(() => {});
  return program;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (piece) => (text += piece), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text;
}

const each = commandsOf(
  buildProgram('tg', () => {}),
  ['tg'],
);

test('there are commands', () => {
  expect(each.length).toBeGreaterThan(30);
});

describe.each(each)('the help of $words', ({ command, words }) => {
  const help = helpOf(command);
  const [, examples = ''] = /\nExamples:\n((?: {2}.*\n)+)/.exec(help) ?? [];
  const lines = examples
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());

  test('has two to four examples, which it accepts', async () => {
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(4);
    for (const line of lines) {
      const [first = ''] = line.split(' | ');
      const [name, ...args] = shellWords(first) ?? [];
      expect(name).toBe('tg');
      if (args.includes('--help') || args.includes('--version')) continue;
      await idleProgram().parseAsync(args, { from: 'user' });
      // `tg run` is short for `tg run single`.
      if (!line.includes('--endpoint')) expect(line).toContain(words.replace('tg run single', 'tg run'));
    }
  });

  test('names a page of the docs and a section of it', () => {
    const [, page = '', section = ''] = /^Docs: (\S+), "(.+)"$/m.exec(help) ?? [];
    expect(page.startsWith(join(packageRoot, 'docs'))).toBe(true);
    expect(
      readFileSync(page, 'utf8')
        .split('\n')
        .map((line) => line.replace(/^#+ /, '')),
    ).toContain(section);
  });

  test('fits 80 columns', () => {
    for (const line of help.split('\n').filter((its) => !its.startsWith('Docs: ')))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });
});

test('the options of a run are in groups', () => {
  for (const words of ['tg run single', 'tg run composition', 'tg rerun']) {
    const help = helpOf(each.find((its) => its.words === words)?.command ?? buildProgram('tg', () => {}));
    const shown = Object.values(headings).filter((heading) => help.includes(`\n${heading}\n`));
    expect(shown.length).toBeGreaterThanOrEqual(7);
    const places = [...shown, 'Options:', 'Examples:'].map((heading) => help.indexOf(`\n${heading}\n`));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    const [, rest = ''] = help.split('\nOptions:\n');
    expect(rest.split('\n\n')[0]?.trim()).toMatch(/^-h, --help +print this help$/);
  }
});

test('an error of usage names the help of its command', async () => {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  for (const args of [['run', 'single', '--insatnces', '3'], ['runn'], ['prune']])
    await expect(idleProgram().parseAsync(args, { from: 'user' })).rejects.toThrow();
  vi.restoreAllMocks();
  const text = said.join('');
  expect(text).toContain(
    "unknown option '--insatnces'\n(Did you mean --instances?)\n  See tg run single --help",
  );
  expect(text).toContain("unknown command 'runn'\n(Did you mean run?)\n  See tg --help");
  expect(text).toContain("required option '--older-than <age>' not specified\n  See tg prune --help");
});
