import { type Command, Option } from 'commander';
import { formats } from '../metrics/export/formats.ts';
import { sources } from '../metrics/sample.ts';
import { outcomes } from '../run/verdict/outcomes.ts';
import type { ExitCode } from '../util/exit-codes.ts';
import type { CollectOptions } from './commands/collect.ts';
import type { CompareOptions } from './commands/compare.ts';
import type { HealthcheckOptions } from './commands/healthcheck.ts';
import type { LogsOptions } from './commands/logs.ts';
import type { MetricsOptions } from './commands/metrics.ts';
import type { PruneOptions } from './commands/prune.ts';
import type { ReportOptions } from './commands/report.ts';
import type { StatusOptions } from './commands/status.ts';
import type { TasksOptions } from './commands/tasks.ts';
import type { TerminateOptions } from './commands/terminate.ts';
import type { WhyOptions } from './commands/why.ts';
import { collectChoices, collectValues, positive } from './flags/flag-definitions.ts';

/** How a run is named, in `--help`. */
const aRun = 'the run: its ID, a label, latest~1, ./its-folder or its archive (default: latest)';

/** The commands for active and finished runs; all of them read the outputs on disk. */
export function addHistory(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('tasks')
    .description('list the runs of this home, newest first')
    .argument('[runs]', 'only the runs of a series or with a label')
    .option('--plan <name>', 'only runs of this plan')
    .addOption(new Option('--outcome <outcome>', 'only runs with this outcome').choices(outcomes))
    .addOption(
      new Option('--state <state>', 'only runs in this state').choices([
        'processing',
        'complete',
        'canceled',
        'interrupted',
        'unknown',
      ]),
    )
    .option('-n, --limit <n>', 'at most this many', positive)
    .option('--json', 'as JSON, one object per line')
    .action(async (runs: string | undefined, options: TasksOptions) =>
      done(await (await import('./commands/tasks.ts')).tasks(runs, options)),
    );
  program
    .command('status')
    .description('print the state of a run')
    .argument('[run]', aRun)
    .option('-t, --task <id>', 'the same as the argument')
    .option('--extended', 'print the whole result too')
    .option('--json', 'as JSON')
    .action(async (run: string | undefined, options: StatusOptions) =>
      done(await (await import('./commands/status.ts')).status(run, options)),
    );
  program
    .command('why')
    .description('explain why a run did not pass, or which instances wait for which')
    .argument('[run]', aRun)
    .option('-t, --task <id>', 'the same as the argument')
    .option('--json', 'as JSON')
    .action(async (run: string | undefined, options: WhyOptions) =>
      done(await (await import('./commands/why.ts')).why(run, options)),
    );
  program
    .command('logs')
    .description('print the log of a run')
    .argument('[run]', aRun)
    .option('-t, --task <id>', 'the same as the argument')
    .option('-f, --follow', 'follow the log until the run ends')
    .option(
      '-i, --instance <group[n]>',
      'only that instance, or a whole group; repeat for more',
      collectValues,
    )
    .option('--failed', 'only the instances that did not pass, without those ended because of them')
    .action(async (run: string | undefined, options: LogsOptions) =>
      done(await (await import('./commands/logs.ts')).logs(run, options)),
    );
  program
    .command('metrics')
    .description('print the metrics of a run, with their units')
    .argument('[run]', aRun)
    .option('-t, --task <id>', 'the same as the argument')
    .option('-n, --name <pattern>', 'only these metrics, * for anything; repeat for more', collectValues)
    .option(
      '-i, --instance <group[n]>',
      'only that instance, or a whole group; repeat for more',
      collectValues,
    )
    .option(
      '--source <source>',
      'only metrics from this source: results, diagnostics, pushed, network; repeat for more',
      collectChoices(sources),
    )
    .option('--since <moment>', 'only from this time on: 90s after the start, or 2026-01-31T12:00:00Z')
    .option('--until <moment>', 'only until this time')
    .addOption(new Option('--json', 'as JSON').conflicts(['csv', 'format']))
    .addOption(new Option('--csv', 'as CSV').conflicts(['json', 'format']))
    .addOption(
      new Option('--format <format>', 'print every value instead, for other programs').choices(formats),
    )
    .option('-o, --output <file>', 'the file for --format, or - for stdout (default)')
    .action(async (run: string | undefined, options: MetricsOptions) =>
      done(await (await import('./commands/metrics.ts')).metrics(run, options)),
    );
  program
    .command('report')
    .description('write the report of a run, or of a series, as an HTML page')
    .argument('[run]', aRun)
    .option('-t, --task <id>', 'the same as the argument')
    .option('-o, --output <file>', 'the file to write, or - for stdout (default: <run id>.html)')
    .option('--runs', 'with a series: write the pages of its runs next to it too')
    .option('--open', 'open it in a browser')
    .option('--watch', 'serve it on this machine instead, with live updates, until Ctrl-C')
    .action(async (run: string | undefined, options: ReportOptions) =>
      done(await (await import('./commands/report.ts')).report(run, options)),
    );
  program
    .command('compare')
    .description('compare the metrics of runs side by side, and test whether they differ')
    .argument(
      '<runs...>',
      'two or more sides: runs, labels, series or archives; with commas, several of them are one side',
    )
    .option(
      '--baseline <runs>',
      'compare with this side: its letter or one of its runs; or with these runs, as one more side (default: the first)',
    )
    .option(
      '--fail-if <metric:stat>limit>',
      'exit 1 if this holds and is not noise, for instance latency:p95>+10% for a change from the baseline; stat: mean, p50, p95, p99; repeat for more',
      collectValues,
    )
    .option('-n, --name <pattern>', 'only these metrics, * for anything; repeat for more', collectValues)
    .option(
      '--source <source>',
      'only metrics from this source: results, diagnostics, pushed, network; repeat for more (default: results and pushed, and network for what --name or --fail-if names)',
      collectChoices(sources),
    )
    .addOption(
      new Option(
        '--failed',
        'instead, compare the failing ones of all these runs with the passing ones: lines, order of events, metrics',
      ).conflicts(['baseline', 'failIf', 'html', 'pooled']),
    )
    .option('--pooled', 'compare all runs of a side together, whatever their values in a matrix')
    .addOption(new Option('--json', 'as JSON').conflicts('html'))
    .option('--html <file>', 'write an HTML page with the values: a file, or - for stdout')
    .action(async (runs: readonly string[], options: CompareOptions) =>
      done(await (await import('./commands/compare.ts')).compare(runs, options)),
    );
  program
    .command('terminate')
    .description('end active runs, and what interrupted ones left behind')
    .argument('[runs...]', 'the runs: IDs, labels, series, latest, or latest~1')
    .option('-t, --task <id>', 'the same as an argument')
    .option('--all', 'all runs')
    .option('--runner <id>', 'all runs of this runner')
    .option('--builder <id>', 'all runs of this builder')
    .option(
      '--force',
      'also the visible processes of runs whose owner cannot be seen from here: in another container, on another host',
    )
    .action(async (runs: readonly string[], options: TerminateOptions) =>
      done(await (await import('./commands/terminate.ts')).terminate(runs, options)),
    );
  const net = program.command('net').description('look into the networks of a run');
  net
    .command('show')
    .description('what is between two instances')
    .argument('<run>', 'the run: its ID, a label, latest or latest~1')
    .argument('<instance>', 'an instance: group[0]')
    .argument('<other>', 'the other instance')
    .option('--json', 'as JSON')
    .action(async (run: string, instance: string, other: string, options: { readonly json?: boolean }) =>
      done(await (await import('./commands/net-show.ts')).netShow(run, [instance, other], options)),
    );
  net
    .command('shell')
    .description('run a command in its network')
    .argument('<run>', 'the run: its ID, a label, latest or latest~1')
    .argument('<instance>', 'the instance: group[0]')
    .argument('[command...]', 'the command (default: your shell); after -- if it has options')
    .action(async (run: string, instance: string, command: readonly string[]) =>
      done(await (await import('./commands/net-shell.ts')).netShell(run, instance, command)),
    );
  program
    .command('collect')
    .description('pack the outputs of a run, even of a failed or interrupted one')
    .argument('<run id>', 'the run: its ID, a label, a series, or latest~1')
    .option('-o, --output <file>', 'the file to write, or - for stdout (default: <run id>.tgz)')
    .option('--deterministic', 'leave out times, so that the same outputs give the same bytes')
    .option('-r, --runner <id>', 'accepted; tg knows the runner of the run')
    .action(async (id: string, options: CollectOptions) =>
      done(await (await import('./commands/collect.ts')).collect(id, options)),
    );
  program
    .command('prune')
    .description('list old runs and builds, or remove them')
    .requiredOption('--older-than <age>', 'not used for at least this long: 7d, 36h')
    .option('--runs', 'only runs')
    .option('--builds', 'only builds')
    .option('--yes', 'remove them')
    .option('--force', 'also runs whose owner cannot be seen from here and that write no heartbeat')
    .action(async (options: PruneOptions) =>
      done(await (await import('./commands/prune.ts')).prune(options)),
    );
}

/** The commands that concern this machine rather than a run. */
export function addMachine(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('healthcheck')
    .alias('doctor')
    .description('check that this machine has what runs need')
    .option('-r, --runner <id>', 'the runner (default: local:exec)')
    .option('--fix', 'fix what can be fixed')
    .action(async (options: HealthcheckOptions) =>
      done(await (await import('./commands/healthcheck.ts')).healthcheck(options)),
    );
  program
    .command('daemon')
    .description('listen for scripts that wait for a daemon; tg needs none')
    .action(async () => done(await (await import('./commands/daemon.ts')).daemon()));
  program
    .command('completion')
    .description('print a script that makes a shell complete commands, options, plans and runs')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) =>
      done(await (await import('./commands/completion/completion.ts')).completion(program.name(), shell)),
    );
  program
    .command('__carry-out', { hidden: true })
    .action(async () => done(await (await import('./commands/detached.ts')).carryOutDetached()));
}
