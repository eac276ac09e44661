import type { Command } from 'commander';
import { TgError } from '../errors.ts';

/** Commands that scripts may call and that are not built yet; each says so in one error. */
const comingCommands: Readonly<Record<string, readonly string[]>> = {
  plan: ['create', 'import', 'rm'],
};
const comingTopLevel = ['healthcheck', 'status', 'tasks', 'logs', 'terminate', 'daemon'];

/** Adds what is to come: hidden, each with its one error. */
export function addComing(program: Command): void {
  for (const [parent, names] of Object.entries(comingCommands)) {
    const group =
      program.commands.find((command) => command.name() === parent) ??
      program.command(parent, { hidden: true });
    for (const name of names) addComingCommand(group, `${parent} ${name}`, name);
    // A group of nothing but what is to come.
    if (group.commands.length === names.length) group.action(() => refuse(parent));
  }
  for (const name of comingTopLevel) addComingCommand(program, name, name);
}

function addComingCommand(parent: Command, words: string, name: string): void {
  parent
    .command(name, { hidden: true })
    .allowUnknownOption()
    .argument('[rest...]')
    .action(() => refuse(words));
}

function refuse(words: string): never {
  throw new TgError('usage', `the command "${words}" is not built yet`, { hint: 'See --help for what is.' });
}
