import { Command, InvalidArgumentError } from 'commander';
import { TgError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { packageVersion } from '../package.ts';
import type { CollectOptions } from './collect.ts';
import type { RunSingleOptions } from './run-single.ts';
import type { SyncServiceOptions } from './sync-service.ts';

/** Commands that scripts may call and that are not built yet; each says so in one error. */
const comingCommands: Readonly<Record<string, readonly string[]>> = {
  run: ['composition', 'c'],
  build: ['single', 'composition', 'purge'],
  plan: ['create', 'import', 'rm'],
};
const comingTopLevel = ['healthcheck', 'status', 'tasks', 'logs', 'terminate', 'daemon'];

/**
 * The command line. Each command's code is loaded when it is called.
 * @param name what tg was called as: `tg` or `testground`.
 * @param done takes the exit code of the command that was carried out.
 */
export function buildProgram(name: string, done: (code: ExitCode) => void): Command {
  const program = new Command(name)
    .description(
      'A test runner for distributed systems: starts N instances of a plan, lets them synchronise, judges the run.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see --help)')
    .option('-V, --version', 'print the version');
  program.on('option:version', () => {
    process.stdout.write(`${packageVersion()}\n`);
    throw new VersionShown();
  });
  addRun(program, done);
  addCollect(program, done);
  addPlan(program, done);
  addOthers(program, done);
  addComing(program);
  return program;
}

/** Thrown when `--version` has been answered: there is nothing more to do. */
export class VersionShown extends Error {}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function addRun(program: Command, done: (code: ExitCode) => void): void {
  const run = program.command('run').description('build and run a plan');
  run
    .command('single')
    .alias('s')
    .description('run one group of instances of a test case, and wait for their end')
    .requiredOption('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .option('-t, --testcase <name>', 'the test case (default: the manifest’s)')
    .option('-i, --instances <n>', 'how many instances (default: the test case’s)', count)
    .option('-b, --builder <id>', 'the builder (default: the manifest’s)')
    .option('-r, --runner <id>', 'the runner (default: the manifest’s)')
    .option('--tp, --test-param <k=v>', 'a parameter of the test case; repeat for more', gather)
    .option('--build-cfg <k=v>', 'build configuration; repeat for more', gather)
    .option('--run-cfg <k=v>', 'run configuration: timeout, sync, redis; repeat for more', gather)
    .option('--timeout <duration>', 'end the run after this time, for instance 90s or 10m')
    .option('--env <NAME[=value]>', 'give a variable to every instance; repeat for more', gather)
    .option('--sync <store>', 'what stands behind the sync service: memory (default) or redis')
    .option(
      '--redis <url>',
      'the Redis for --sync redis (default: $TG_REDIS_URL, else a private redis-server)',
    )
    .option('--collect', 'pack the outputs into <run id>.tgz at the end')
    .option('-o, --collect-file <file>', 'where to: a file, or - for stdout; implies --collect')
    .option('--disable-metrics', 'tell the instances not to send metrics')
    .option('--metadata-repo <repo>', 'the repository that triggered this run')
    .option('--metadata-branch <branch>', 'the branch that triggered this run')
    .option('--metadata-commit <commit>', 'the commit that triggered this run')
    .option('-q, --quiet', 'show failures and the result only')
    .option('--wait', 'wait for the end (tg always does)')
    .option('--detach', 'do not wait for the end (not built yet)')
    .option('-d, --dep <mapping>', 'replace a dependency (not built yet)', gather)
    .option('--ub, --use-build <artifact>', 'use an artifact of an earlier build (not built yet)')
    .option('--link-sdk <dir>', 'build with a local SDK (not built yet)')
    .action(async (options: RunSingleOptions) =>
      done(await (await import('./run-single.ts')).runSingle(options)),
    );
}

function addCollect(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('collect')
    .description('pack the outputs of a run, also of one that failed or was interrupted')
    .argument('<run id>')
    .option('-o, --output <file>', 'where to: a file, or - for stdout (default: <run id>.tgz)')
    .option('-r, --runner <id>', 'the runner of the run; accepted, tg knows it')
    .action(async (id: string, options: CollectOptions) =>
      done(await (await import('./collect.ts')).collect(id, options)),
    );
}

function addPlan(program: Command, done: (code: ExitCode) => void): void {
  const plan = program.command('plan').description('the plans that tg finds by name');
  plan
    .command('list')
    .description('list every test case of every plan')
    .action(async () => done(await (await import('./plan-list.ts')).planList()));
  program
    .command('describe')
    .description('say what a plan’s manifest holds')
    .requiredOption('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .action(async (options: { plan: string }) =>
      done(await (await import('./describe.ts')).describe(options)),
    );
}

function addOthers(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('sync-service')
    .description('serve the sync service alone, for a plan that is run by hand')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0 for any free one', portNumber, 5050)
    .option('--sync <store>', 'memory (default) or redis')
    .option('--redis <url>', 'the Redis for --sync redis')
    .action(async (options: SyncServiceOptions) =>
      done(await (await import('./sync-service.ts')).syncService(options)),
    );
  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`${program.name()} ${packageVersion()}\n`);
    });
}

function addComing(program: Command): void {
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

function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function portNumber(text: string): number {
  const port = count(text);
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port: 0 to 65535.');
}
