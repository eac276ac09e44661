import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { packageRoot } from '../../os/own-package.ts';
import { asTyped } from '../../util/command-name.ts';
import { headings } from '../flags/flag-definitions.ts';
import { guides } from './examples.ts';

/** Groups options under their headings, in the order of `headings`; other groups keep their order. */
export function groupItems<Item extends Command | Option>(
  all: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const order: readonly string[] = Object.values(headings);
  const rank = (heading: string) => (order.includes(heading) ? order.indexOf(heading) : order.length);
  const groups = new Map(all.map((item): [string, Item[]] => [groupOf(item), []]));
  for (const item of visible) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return new Map([...groups].toSorted(([one], [other]) => rank(one) - rank(other)));
}

/** Adds examples and the page to read to the help of each command, and to its errors how to see that help. */
export function describeCommands(program: Command): void {
  describe(program, []);
}

function describe(command: Command, path: readonly string[]): void {
  const typed = path.join(' ');
  if (command.commands.length > 0) command.helpCommand('help [command]', 'print the help of a command');
  command
    .optionsGroup('')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`  See ${asTyped([...path, '--help'].join(' '))}`)
    .addHelpText('after', () => guideText(typed));
  for (const its of command.commands) describe(its, [...path, its.name()]);
}

function guideText(typed: string): string {
  const guide = guides[typed];
  if (guide === undefined) return '';
  const examples = guide.examples.map((example) => `  ${asTyped(example)}\n`).join('');
  return `\nExamples:\n${examples}\nDocs: ${join(packageRoot, 'docs', guide.page)}, "${guide.section}"`;
}
