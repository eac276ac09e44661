import { type Command, Option } from 'commander';
import { formats } from '../metrics/export/formats.ts';
import { sources } from '../metrics/sample.ts';
import { outcomes } from '../run/verdict/outcome.ts';
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
import { gather, gatherFrom, positive } from './flags/program-flags.ts';

/** The commands for active and finished runs; all of them read the outputs on disk. */
export function addHistory(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('tasks')
    .description('list the runs of this home, newest first')
    .option('--plan <name>', 'only those of a plan')
    .addOption(new Option('--outcome <outcome>', 'only those that ended so').choices(outcomes))
    .addOption(
      new Option('--state <state>', 'only those that stand so').choices([
        'processing',
        'complete',
        'canceled',
        'interrupted',
        'unknown',
      ]),
    )
    .option('-n, --limit <n>', 'at most this many', positive)
    .option('--json', 'a JSON object a line')
    .action(async (options: TasksOptions) =>
      done(await (await import('./commands/tasks.ts')).tasks(options)),
    );
  program
    .command('status')
    .description('say how a run stands')
    .argument('[run]', 'the run’s ID, or ./its-folder (default: the latest)')
    .option('-t, --task <id>', 'the same as the argument')
    .option('--extended', 'the whole result too')
    .option('--json', 'as JSON')
    .action(async (run: string | undefined, options: StatusOptions) =>
      done(await (await import('./commands/status.ts')).status(run, options)),
    );
  program
    .command('why')
    .description('say why a run hangs, or did not pass: who waits for whom')
    .argument('[run]', 'the run’s ID, or ./its-folder (default: the latest)')
    .option('-t, --task <id>', 'the same as the argument')
    .option('--json', 'as JSON')
    .action(async (run: string | undefined, options: WhyOptions) =>
      done(await (await import('./commands/why.ts')).why(run, options)),
    );
  program
    .command('logs')
    .description('show what a run has said')
    .argument('[run]', 'the run’s ID, or ./its-folder (default: the latest)')
    .option('-t, --task <id>', 'the same as the argument')
    .option('-f, --follow', 'and what it says until its end')
    .option('-i, --instance <group[n]>', 'only that instance, or a whole group; repeat for more', gather)
    .action(async (run: string | undefined, options: LogsOptions) =>
      done(await (await import('./commands/logs.ts')).logs(run, options)),
    );
  program
    .command('metrics')
    .description('show what a run has measured')
    .argument('[run]', 'the run’s ID, or ./its-folder (default: the latest)')
    .option('-t, --task <id>', 'the same as the argument')
    .option('-n, --name <pattern>', 'only these metrics, * for anything; repeat for more', gather)
    .option('-i, --instance <group[n]>', 'only that instance, or a whole group; repeat for more', gather)
    .option(
      '--source <source>',
      'only what comes from there: results, diagnostics, pushed; repeat for more',
      gatherFrom(sources),
    )
    .option('--since <moment>', 'only from then on: 90s after the beginning, or 2026-01-31T12:00:00Z')
    .option('--until <moment>', 'only until then')
    .addOption(new Option('--json', 'as JSON').conflicts(['csv', 'format']))
    .addOption(new Option('--csv', 'as CSV').conflicts(['json', 'format']))
    .addOption(new Option('--format <format>', 'every value instead, for another program').choices(formats))
    .option('-o, --output <file>', 'where --format writes to: a file, or - for stdout (the default)')
    .action(async (run: string | undefined, options: MetricsOptions) =>
      done(await (await import('./commands/metrics.ts')).metrics(run, options)),
    );
  program
    .command('report')
    .description('show what happened in a run, as a page')
    .argument('[run]', 'the run’s ID, or ./its-folder (default: the latest)')
    .option('-t, --task <id>', 'the same as the argument')
    .option('-o, --output <file>', 'where to: a file, or - for stdout (default: <run id>.html)')
    .option('--open', 'and show it in a browser')
    .option('--watch', 'serve it on this machine instead, as the run goes on, until Ctrl-C')
    .action(async (run: string | undefined, options: ReportOptions) =>
      done(await (await import('./commands/report.ts')).report(run, options)),
    );
  program
    .command('compare')
    .description('show what runs have measured side by side, and whether it differs')
    .argument('<runs...>', 'two sides or more, each a run’s ID, or several with commas between')
    .option('-n, --name <pattern>', 'only these metrics, * for anything; repeat for more', gather)
    .option(
      '--source <source>',
      'only what comes from there: results, diagnostics, pushed; repeat for more (default: results and pushed)',
      gatherFrom(sources),
    )
    .addOption(new Option('--json', 'as JSON').conflicts('html'))
    .option('--html <file>', 'as a page, with the values: a file, or - for stdout')
    .action(async (runs: readonly string[], options: CompareOptions) =>
      done(await (await import('./commands/compare.ts')).compare(runs, options)),
    );
  program
    .command('terminate')
    .description('end runs that go on, and what interrupted ones left behind')
    .argument('[runs...]', 'their IDs')
    .option('-t, --task <id>', 'the same as an argument')
    .option('--all', 'all of them')
    .option('--runner <id>', 'all of a runner')
    .option('--builder <id>', 'all of a builder')
    .option(
      '--force',
      'also what can be seen from here of runs whose owner cannot: in another container, on another host',
    )
    .action(async (runs: readonly string[], options: TerminateOptions) =>
      done(await (await import('./commands/terminate.ts')).terminate(runs, options)),
    );
  program
    .command('collect')
    .description('pack the outputs of a run, also of one that failed or was interrupted')
    .argument('<run id>')
    .option('-o, --output <file>', 'where to: a file, or - for stdout (default: <run id>.tgz)')
    .option('--deterministic', 'the same outputs give the same bytes: no times')
    .option('-r, --runner <id>', 'the runner of the run; accepted, tg knows it')
    .action(async (id: string, options: CollectOptions) =>
      done(await (await import('./commands/collect.ts')).collect(id, options)),
    );
  program
    .command('prune')
    .description('show old runs and builds, and remove them')
    .requiredOption('--older-than <age>', 'not used for so long: 7d, 36h')
    .option('--runs', 'only runs')
    .option('--builds', 'only what was built')
    .option('--yes', 'remove them')
    .option('--force', 'also runs whose owner cannot be seen from here, and that write no heartbeat')
    .action(async (options: PruneOptions) =>
      done(await (await import('./commands/prune.ts')).prune(options)),
    );
}

/** The commands for this machine. */
export function addMachine(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('healthcheck')
    .alias('doctor')
    .description('look whether this machine has what runs need')
    .option('-r, --runner <id>', 'the runner (default: local:exec)')
    .option('--fix', 'mend what can be')
    .action(async (options: HealthcheckOptions) =>
      done(await (await import('./commands/healthcheck.ts')).healthcheck(options)),
    );
  program
    .command('daemon')
    .description('listen, for scripts that wait for a daemon; none is needed')
    .action(async () => done(await (await import('./commands/daemon.ts')).daemon()));
  program
    .command('completion')
    .description('print what makes a shell complete commands, options, plans and runs')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) =>
      done(await (await import('./commands/completion.ts')).completion(program.name(), shell)),
    );
  program
    .command('__carry-out', { hidden: true })
    .action(async () => done(await (await import('./commands/detached.ts')).carryOutDetached()));
}
