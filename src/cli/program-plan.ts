import { type Command, Option } from 'commander';
import type { ExitCode } from '../util/exit-codes.ts';
import type { DescribeOptions } from './commands/describe.ts';
import type { PlanCreateOptions } from './commands/plan/create.ts';
import type { PlanImportOptions } from './commands/plan/import.ts';
import type { PlanRmOptions } from './commands/plan/rm.ts';
import { replaceBuilder, replaceRunner, strict } from './flags/flag-definitions.ts';

/** `tg plan …` and `tg describe`. */
export function addPlan(program: Command, done: (code: ExitCode) => void): void {
  const plan = program.command('plan').description('manage the plans that tg finds by name');
  plan
    .command('create')
    .description('create a plan that builds and passes')
    .requiredOption('-p, --plan <name>', 'its name')
    .option(
      '--target <language>',
      'typescript (ts), javascript (js), go, rust, python (py), python-venv, python-uv or generic',
      program.name() === 'testground' ? 'go' : 'typescript',
    )
    .option('--module <name>', 'the name of its Go module', 'example.org/plan')
    .option('--remote <url>', 'where its repository will be')
    .option('--dir <folder>', 'create it in this folder, not among the plans of the home')
    .action(async (options: PlanCreateOptions) =>
      done(await (await import('./commands/plan/create.ts')).planCreate(options)),
    );
  plan
    .command('import')
    .description('link a folder with one or more plans into the home, or clone a repository')
    .requiredOption('--from <source>', 'the folder, or with --git the repository')
    .option('--git', 'clone it')
    .option('--name <name>', 'its name in the home')
    .action(async (options: PlanImportOptions) =>
      done(await (await import('./commands/plan/import.ts')).planImport(options)),
    );
  plan
    .command('list')
    .description('list every test case of every plan')
    .addOption(new Option('--testcases', 'accepted; tg always lists them').hideHelp())
    .action(async ({ testcases }: { readonly testcases?: boolean }) => {
      // As testground does: its scripts read each line as a plan.
      const onlyNames = program.name() === 'testground' && testcases !== true;
      done(await (await import('./commands/plan/list.ts')).planList(onlyNames ? 'names' : 'cases'));
    });
  plan
    .command('rm')
    .description('remove a plan from the home; for an imported folder, only the link')
    .requiredOption('-p, --plan <name>', 'its name')
    .option('--yes', 'confirm the removal')
    .action(async (options: PlanRmOptions) =>
      done(await (await import('./commands/plan/rm.ts')).planRm(options)),
    );
  program
    .command('describe')
    .description('describe a plan’s manifest, or what would run and where each value comes from')
    .option('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .option('-t, --testcase <name>', 'describe a run of this test case')
    .option('-f, --file <file>', 'describe the runs of this composition; - for stdin')
    .option('--run-ids <ids>', 'only these of its runs, separated by commas')
    .option(...replaceBuilder)
    .option(...replaceRunner)
    .option(...strict)
    .option('--json', 'as JSON')
    .action(async (options: DescribeOptions) =>
      done(await (await import('./commands/describe.ts')).describe(options)),
    );
}
