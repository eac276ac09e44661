import { type Command, InvalidArgumentError, Option } from 'commander';

/** Collects the values of a repeatable option. */
export const collectValues = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** The same, limited to the given choices. */
export const collectChoices = (choices: readonly string[]) => (value: string, before?: readonly string[]) => {
  if (choices.includes(value)) return collectValues(value, before);
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
};

/** The headings of options in `--help`. */
export const headings = {
  what: 'What to run:',
  parameters: 'Parameters:',
  build: 'Build:',
  limits: 'Limits:',
  network: 'Network:',
  output: 'Output:',
  results: 'Results:',
  debugging: 'Debugging:',
} as const;

/** The flags of a new run: which runs, of which parameters, and what is made of their results. */
export function newRunFlags(command: Command): Command {
  command
    .optionsGroup(headings.what)
    .option(
      '--matrix <name=a,b,c>',
      'run with each value of a parameter, of instances, or of run.<key>; repeat for more',
      collectValues,
    )
    .option(
      '--select <pattern>',
      'only runs with this name, or name=value of the matrix; repeat for more',
      collectValues,
    )
    .option('--ignore <pattern>', 'all runs except these; repeat for more', collectValues)
    .optionsGroup(headings.parameters)
    .option(...strict)
    .optionsGroup(headings.results)
    .option(
      '--threshold <metric:stat<limit>',
      'fail unless this holds, for instance latency:p95<250; > for a lower limit, @group for one group; repeat for more',
      collectValues,
    )
    .option(
      '--fault <kind target moment>',
      "inject a fault: 'kill servers[0] at=5s', 'pause one:servers state=ready for=2s'; repeat for more",
      collectValues,
    )
    .option('--disable-metrics', 'tell the instances not to send metrics')
    .option('--metadata-repo <repo>', 'the repository that triggered this run')
    .option('--metadata-branch <branch>', 'the branch that triggered this run')
    .option('--metadata-commit <commit>', 'the commit that triggered this run')
    .optionsGroup(headings.debugging)
    .option('--coverage', 'record the code coverage of each instance in its outputs (Go, Node)');
  return command;
}

/** The flags that control how runs are carried out. */
export function carryOutFlags(command: Command): Command {
  for (const add of [repeatFlags, environmentFlags, limitFlags, networkFlags, outputFlags, resultFlags])
    add(command);
  return command
    .optionsGroup(headings.debugging)
    .option(
      '--hold <group[n]>',
      'do not start this instance, but print how to start it by hand; repeat for more',
      collectValues,
    );
}

function repeatFlags(command: Command): void {
  command
    .optionsGroup(headings.what)
    .option('--repeat <n>', 'run everything this many times, and count the outcomes', positive)
    .option('--until-failure', 'repeat until a run fails')
    .option(
      '--jobs <n>',
      'carry out up to this many runs at the same time, as far as the machine has room',
      positive,
    )
    .option('--fail-fast', 'end after the first run that fails')
    .option('--list', 'only list the runs')
    .option('--dry-run', 'only print what would run, and where each value comes from')
    .option('--detach', 'do not wait for the end; use tg status, logs -f and terminate')
    .option('--wait', 'wait for the end (tg always does)');
}

function environmentFlags(command: Command): void {
  command
    .optionsGroup(headings.parameters)
    .option('--env <NAME[=value]>', 'pass a variable to every instance; repeat for more', collectValues)
    .option('--seed <n>', 'the number from which each instance’s TEST_SEED is derived (default: random)')
    .option(
      '--run-cfg <k=v>',
      'run configuration: timeout, stall_after, max_output, sync, redis, net, pcap, fidelity, sidecar, unapplied, influxdb, otlp, exposed_ports; repeat for more',
      collectValues,
    );
}

function limitFlags(command: Command): void {
  command
    .optionsGroup(headings.limits)
    .option('--timeout <duration>', 'end the run after this time, for instance 90s or 10m')
    .option(
      '--stall-after <duration>',
      'after this time without progress, report which instances wait for which (default: 30s; 0s: never)',
    )
    .option(
      '--max-output <size>',
      'end the run once its instances have written more than this, for instance 2GiB',
    );
}

function networkFlags(command: Command): void {
  command
    .optionsGroup(headings.network)
    .option('--sync <store>', 'the store of the sync service: memory (default) or redis')
    .option(
      '--redis <url>',
      'the Redis for --sync redis (default: $TG_REDIS_URL, else a private redis-server)',
    )
    .option(
      '--net <link>',
      'the link of each instance, with local:netns: a preset such as 4g, or latency=50ms,loss=1%; clients:4g for one group; repeat for more',
      collectValues,
    )
    .option(
      '--pcap <who>',
      'record the packets of all, of a group, or of group[n], with local:netns; repeat for more',
      collectValues,
    )
    .option('--influxdb <url>', 'send the metrics to this InfluxDB 1.x too')
    .option('--otlp <url>', 'send the run as a trace to this OpenTelemetry collector');
}

function outputFlags(command: Command): void {
  command
    .optionsGroup(headings.output)
    .option('-q, --quiet', 'show failures and the result only')
    .addOption(new Option('--verbose', 'show every line of every instance').conflicts('quiet'))
    .option('--json', 'print events as JSON, one object per line; with --dry-run, what would run');
}

function resultFlags(command: Command): void {
  command
    .optionsGroup(headings.results)
    .option('--label <text>', 'a text to find the run by, in place of its ID; repeat for more', collectValues)
    .option(
      '--metric <name:stat>',
      'show this metric in the table at the end of several runs, for instance latency:p95; repeat for more',
      collectValues,
    )
    .option('--collect', 'pack the outputs into <run id>.tgz at the end')
    .option('-o, --collect-file <file>', 'the archive file, or - for stdout; implies --collect')
    .option('--keep-passed', 'keep the outputs of all repeated runs that pass')
    .option('--junit <file>', 'write the verdicts to this file as JUnit XML; - for stdout')
    .option('-O, --result-file <file>', 'write the outcomes of the runs to this file as CSV; - for stdout');
}

/** The flags of all commands that build one plan. */
export function buildFlags(command: Command): Command {
  return command
    .optionsGroup(headings.build)
    .option('-b, --builder <id>', 'the builder (default: the manifest’s)')
    .option('--build-cfg <k=v>', 'build configuration; repeat for more', collectValues)
    .option('--selector <name>', 'a build tag (Go) or feature (Rust); repeat for more', collectValues)
    .option(
      '-d, --dep <module=target@version>',
      'replace a dependency; the target may be a folder; repeat for more',
      collectValues,
    )
    .option(...linkSdk);
}

/** The argument that names a plan, and the flag that does too. */
export function planFlags(command: Command): Command {
  return command
    .argument('[plan]', 'the plan: a name, or the path of its folder (default: the plan in this folder)')
    .option('-p, --plan <plan>', 'the same as the argument');
}

/** The `option` arguments of `--link-sdk`. */
export const linkSdk = ['--link-sdk <dir>', 'build with the SDK in this folder'] as const;

/** The `option` arguments of `--strict`. */
export const strict = [
  '--strict',
  'unknown keys, and values that do not look like their declared type, are errors',
] as const;

/** The `option` arguments of the flags that override a composition. */
export const replaceBuilder = [
  '-b, --builder <id>',
  'the builder of all groups, overriding the file',
] as const;
export const replaceRunner = ['-r, --runner <id>', 'the runner, overriding the file'] as const;

/** Parses an integer. @throws InvalidArgumentError for anything else. */
export function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

/** Parses a positive integer. @throws InvalidArgumentError for anything else. */
export function positive(text: string): number {
  const number = count(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('It must be at least 1.');
}

/** Parses a port number. @throws InvalidArgumentError for anything else. */
export function portNumber(text: string): number {
  const port = count(text);
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port: 0 to 65535.');
}
