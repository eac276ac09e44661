import { Command, Option } from 'commander';
import { packageVersion } from '../os/own-package.ts';
import type { ExitCode } from '../util/exit-codes.ts';
import type { SyncServiceOptions } from './commands/sync/service.ts';
import { portNumber } from './flags/flag-definitions.ts';
import { describeCommands, groupItems } from './help/describe-commands.ts';
import { say, sayAside } from './output/say.ts';
import { addHistory, addMachine } from './program-history.ts';
import { addPlan } from './program-plan.ts';
import { addBuild, addRerun, addRun } from './program-run.ts';
import { addSync } from './program-sync.ts';

/**
 * Builds the command line. The code of each command is loaded when the command is called.
 * @param name the name tg was called by: `tg` or `testground`.
 * @param done receives the exit code of the command.
 */
export function buildProgram(name: string, done: (code: ExitCode) => void): Command {
  const program = new Command(name)
    .description(
      'A test runner for distributed systems: starts N instances of a plan, lets them synchronise, and judges the run.',
    )
    .exitOverride()
    .configureHelp({ groupItems })
    .configureOutput({ writeOut: say, writeErr: sayAside })
    .option('-V, --version', 'print the version')
    // Accepted because scripts for testground pass them. There is no daemon to connect to, and nothing more verbose.
    .addOption(new Option('-v', 'accepted').hideHelp())
    .addOption(new Option('--vv', 'accepted').hideHelp())
    .addOption(new Option('--endpoint <uri>', 'accepted').hideHelp());
  program.on('option:version', () => {
    say(`${packageVersion()}\n`);
    throw new VersionShown();
  });
  program.commandsGroup('Run plans:');
  addRun(program, done);
  addRerun(program, done);
  addBuild(program, done);
  program.commandsGroup('Look at runs:');
  addHistory(program, done);
  program.commandsGroup('Write plans:');
  addPlan(program, done);
  addSchema(program, done);
  program.commandsGroup('Take part in a run without an SDK:');
  addSync(program, done);
  addSyncService(program, done);
  program.commandsGroup('This machine:');
  addMachine(program, done);
  addVersion(program);
  describeCommands(program);
  return program;
}

/** Thrown after `--version` was printed, to stop parsing. */
export class VersionShown extends Error {}

function addSyncService(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('sync-service')
    .description('run only the sync service, for a plan that is started by hand')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0 for any free one', portNumber, 5050)
    .option('--sync <store>', 'memory (default) or redis')
    .option('--redis <url>', 'the Redis for --sync redis')
    .action(async (options: SyncServiceOptions) =>
      done(await (await import('./commands/sync/service.ts')).syncService(options)),
    );
}

function addSchema(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('schema')
    .description('print the JSON Schema of a format, for editors and programs')
    .argument('<name>', 'manifest, composition, result, events, …: see the docs')
    .action(async (name: string) => done(await (await import('./commands/schemas.ts')).schema(name)));
}

function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .action(() => {
      say(`${program.name()} ${packageVersion()}\n`);
    });
}
