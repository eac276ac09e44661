import { Command, Option } from 'commander';
import { packageVersion } from '../os/own-package.ts';
import type { ExitCode } from '../util/exit-codes.ts';
import type { SyncServiceOptions } from './commands/sync/service.ts';
import { portNumber } from './flags/program-flags.ts';
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
      'A test runner for distributed systems: starts N instances of a plan, lets them synchronise, judges the run.',
    )
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: sayAside })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see --help)')
    .option('-V, --version', 'print the version')
    // Accepted because scripts for testground pass them. There is no daemon to connect to, and nothing more verbose.
    .addOption(new Option('-v', 'accepted').hideHelp())
    .addOption(new Option('--vv', 'accepted').hideHelp())
    .addOption(new Option('--endpoint <uri>', 'accepted').hideHelp());
  program.on('option:version', () => {
    say(`${packageVersion()}\n`);
    throw new VersionShown();
  });
  addRun(program, done);
  addRerun(program, done);
  addBuild(program, done);
  addHistory(program, done);
  addPlan(program, done);
  addMachine(program, done);
  addSync(program, done);
  addOthers(program, done);
  return program;
}

/** Thrown after `--version` was printed, to stop parsing. */
export class VersionShown extends Error {}

function addOthers(program: Command, done: (code: ExitCode) => void): void {
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
  program
    .command('schema')
    .description('print the JSON Schema of a format, for editors and programs')
    .argument('<name>', 'manifest, composition, result or events')
    .action(async (name: string) => done(await (await import('./commands/schemas.ts')).schema(name)));
  program
    .command('version')
    .description('print the version')
    .action(() => {
      say(`${program.name()} ${packageVersion()}\n`);
    });
}
