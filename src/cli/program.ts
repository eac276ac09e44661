import { Command, InvalidArgumentError, Option } from 'commander';
import { TgError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { packageVersion } from '../package.ts';
import type { BuildCompositionOptions, BuildPurgeOptions, BuildSingleOptions } from './build.ts';
import type { CollectOptions } from './collect.ts';
import type { RunCompositionOptions } from './run-composition.ts';
import type { RunSingleOptions } from './run-single.ts';
import type { SyncServiceOptions } from './sync-service.ts';

/** Commands that scripts may call and that are not built yet; each says so in one error. */
const comingCommands: Readonly<Record<string, readonly string[]>> = {
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
  addBuild(program, done);
  addCollect(program, done);
  addPlan(program, done);
  addOthers(program, done);
  addComing(program);
  return program;
}

/** Thrown when `--version` has been answered: there is nothing more to do. */
export class VersionShown extends Error {}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The flags of every command that runs a plan. */
function runFlags(command: Command): Command {
  return command
    .option(
      '--run-cfg <k=v>',
      'run configuration: timeout, sync, redis, sidecar, influxdb; repeat for more',
      gather,
    )
    .option('--timeout <duration>', 'end the run after this time, for instance 90s or 10m')
    .option('--env <NAME[=value]>', 'give a variable to every instance; repeat for more', gather)
    .option('--sync <store>', 'what stands behind the sync service: memory (default) or redis')
    .option(
      '--redis <url>',
      'the Redis for --sync redis (default: $TG_REDIS_URL, else a private redis-server)',
    )
    .option('--influxdb <url>', 'send the metrics to this InfluxDB 1.x too')
    .option('--coverage', 'have each instance say, in its outputs, what was executed (Go, Node)')
    .option('--collect', 'pack the outputs into <run id>.tgz at the end')
    .option('-o, --collect-file <file>', 'where to: a file, or - for stdout; implies --collect')
    .option('--disable-metrics', 'tell the instances not to send metrics')
    .option('--metadata-repo <repo>', 'the repository that triggered this run')
    .option('--metadata-branch <branch>', 'the branch that triggered this run')
    .option('--metadata-commit <commit>', 'the commit that triggered this run')
    .option('-q, --quiet', 'show failures and the result only')
    .option('--wait', 'wait for the end (tg always does)')
    .option('--detach', 'do not wait for the end (not built yet)');
}

/** The flags of every command that builds one plan. */
function buildFlags(command: Command): Command {
  return command
    .requiredOption('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .option('-b, --builder <id>', 'the builder (default: the manifest’s)')
    .option('--build-cfg <k=v>', 'build configuration; repeat for more', gather)
    .option('--selector <name>', 'a build tag (Go) or feature (Rust); repeat for more', gather)
    .option(
      '-d, --dep <module=target@version>',
      'replace a dependency; the target may be a folder; repeat for more',
      gather,
    );
}

const linkSdk = ['--link-sdk <dir>', 'build with the SDK in this folder'] as const;

function addRun(program: Command, done: (code: ExitCode) => void): void {
  const run = program.command('run').description('build and run a plan');
  const single = run
    .command('single')
    .alias('s')
    .description('run one group of instances of a test case, and wait for their end');
  runFlags(
    buildFlags(single)
      .option('-t, --testcase <name>', 'the test case (default: the manifest’s)')
      .option('-i, --instances <n>', 'how many instances (default: the test case’s)', count)
      .option('-r, --runner <id>', 'the runner (default: the manifest’s)')
      .option('--tp, --test-param <k=v>', 'a parameter of the test case; repeat for more', gather)
      .option(
        '--profile <name[=every]>',
        'capture a profile, for instance cpu or heap=5s (Go); repeat for more',
        gather,
      )
      .option('--ub, --use-build <artifact>', 'use the artifact of an earlier build, by its key')
      .option(...linkSdk),
  ).action(async (options: RunSingleOptions) =>
    done(await (await import('./run-single.ts')).runSingle(options)),
  );
  const composition = run
    .command('composition')
    .alias('c')
    .description('run the groups of a composition together, and wait for their end')
    .requiredOption('-f, --file <file>', 'the composition')
    .option('-a, --write-artifacts', 'write the keys of what was built into the composition')
    .option('-i, --ignore-artifacts', 'build, whatever artifacts the composition names')
    .option('--run-ids <ids>', 'which of its runs (not built yet)')
    .option('--result-file <file>', 'write the outcomes as CSV (not built yet)')
    .option(...linkSdk);
  runFlags(composition).action(async (options: RunCompositionOptions) =>
    done(await (await import('./run-composition.ts')).runComposition(options)),
  );
}

function addBuild(program: Command, done: (code: ExitCode) => void): void {
  const build = program.command('build').description('build a plan without running it');
  buildFlags(
    build.command('single').alias('s').description('build a plan, and print the key of the artifact'),
  )
    .option(...linkSdk)
    .option('--coverage', 'build for --coverage')
    .option('-q, --quiet', 'print the keys only')
    .option('--wait', 'wait for the end (tg always does)')
    .action(async (options: BuildSingleOptions) =>
      done(await (await import('./build.ts')).buildSingle(options)),
    );
  build
    .command('composition')
    .alias('c')
    .description('build what every group of a composition needs')
    .requiredOption('-f, --file <file>', 'the composition')
    .option('-a, --write-artifacts', 'write the keys of what was built into the composition')
    .addOption(new Option('-w', 'the same').hideHelp())
    .option(...linkSdk)
    .option('-q, --quiet', 'print the keys only')
    .option('--wait', 'wait for the end (tg always does)')
    .action(async (options: BuildCompositionOptions & { readonly w?: boolean }) => {
      const writeArtifacts = options.writeArtifacts === true || options.w === true;
      done(await (await import('./build.ts')).buildComposition({ ...options, writeArtifacts }));
    });
  build
    .command('purge')
    .description('remove the artifacts of a plan and a builder')
    .requiredOption('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .requiredOption('-b, --builder <id>', 'the builder')
    .action(async (options: BuildPurgeOptions) =>
      done(await (await import('./build.ts')).buildPurge(options)),
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
