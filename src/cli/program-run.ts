import { type Command, Option } from 'commander';
import { expectations } from '../plan/run-spec.ts';
import type { ExitCode } from '../util/exit-codes.ts';
import type { BuildCompositionOptions, BuildPurgeOptions, BuildSingleOptions } from './commands/build.ts';
import type { RerunOptions } from './commands/rerun.ts';
import type { RunCompositionOptions } from './commands/run-composition.ts';
import type { RunSingleOptions } from './commands/run-single.ts';
import { askedPlan } from './flags/asked-plan.ts';
import {
  buildFlags,
  carryOutFlags,
  collectValues,
  count,
  headings,
  linkSdk,
  newRunFlags,
  planFlags,
  replaceBuilder,
  replaceRunner,
  strict,
} from './flags/flag-definitions.ts';
import type { RunFlags } from './flags/run-flags.ts';

/** The flags of a command that takes a plan as its argument or with `--plan`. */
type Flags<Options extends { readonly plan: string }> = Omit<Options, 'plan'> & { readonly plan?: string };

/** `tg run …`. */
export function addRun(program: Command, done: (code: ExitCode) => void): void {
  const run = program
    .command('run')
    .description('build and run a plan; `run <plan>` is short for `run single <plan>`');
  const single = run
    .command('single', { isDefault: true })
    .alias('s')
    .description('run one group of instances of a test case, and wait for their end')
    .optionsGroup(headings.what);
  planFlags(single)
    .option('-t, --testcase <name>', 'the test case (default: the manifest’s)')
    .option('-i, --instances <n>', 'how many instances (default: the test case’s)', count)
    .option('-r, --runner <id>', 'the runner (default: the manifest’s)')
    .optionsGroup(headings.parameters)
    .option('--tp, --test-param <k=v>', 'a parameter of the test case; repeat for more', collectValues);
  buildFlags(single)
    .option('--ub, --use-build <artifact>', 'use the artifact of an earlier build, by its key')
    .optionsGroup(headings.results)
    .addOption(
      new Option('--expect <state>', 'the final state that every instance must have').choices(expectations),
    )
    .optionsGroup(headings.debugging)
    .option(
      '--profile <name[=every]>',
      'capture a profile, for instance cpu or heap=5s (Go); repeat for more',
      collectValues,
    );
  newRunFlags(carryOutFlags(single)).action(
    async (plan: string | undefined, options: Flags<RunSingleOptions>) => {
      const asked = askedPlan(plan, options.plan);
      await prepareFor(options);
      done(await (await import('./commands/run-single.ts')).runSingle({ ...options, plan: asked }));
    },
  );
  const composition = run
    .command('composition')
    .alias('c')
    .description('run the groups of a composition together, and wait for their end')
    .optionsGroup(headings.what)
    .requiredOption('-f, --file <file>', 'the composition; - for stdin')
    .option('--run-ids <ids>', 'only these of its runs, separated by commas, in this order')
    .option(...replaceRunner)
    .optionsGroup(headings.build)
    .option(...replaceBuilder)
    .option('-i, --ignore-artifacts', 'build even where the composition names an artifact')
    .option('-a, --write-artifacts', 'write the keys of the artifacts into the composition')
    .addOption(new Option('-w', 'the same as -a'))
    .option(...linkSdk);
  newRunFlags(carryOutFlags(composition)).action(
    async (options: RunCompositionOptions & { readonly w?: boolean }) => {
      await prepareFor(options);
      const writeArtifacts = options.writeArtifacts === true || options.w === true;
      done(
        await (await import('./commands/run-composition.ts')).runComposition({ ...options, writeArtifacts }),
      );
    },
  );
}

/** Starts what the runner needs before the rest of the program is loaded. */
async function prepareFor({
  list,
  dryRun,
  detach,
  runner,
}: RunFlags & { readonly runner?: string }): Promise<void> {
  if (!list && !dryRun && !detach) await (await import('../runners/registry.ts')).prewarmRunner(runner);
}

/** `tg rerun`. */
export function addRerun(program: Command, done: (code: ExitCode) => void): void {
  const again = program
    .command('rerun')
    .description('repeat a run with the same parameters, seed and artifacts')
    .argument(
      '<run>',
      'the run: its ID, a label, latest~1, ./its-folder, its archive, or - for its run.json on stdin',
    )
    .optionsGroup(headings.what)
    .option('--build', 'build again from the current files in the plan’s folder')
    .option('--yes', 'do not ask before a run of another home, for instance an unpacked one')
    .optionsGroup(headings.parameters)
    .option('--tp, --test-param <k=v>', 'the value of a secret parameter, which is not kept', collectValues);
  carryOutFlags(again).action(async (run: string, options: RerunOptions) => {
    await prepareFor(options);
    done(await (await import('./commands/rerun.ts')).rerun(run, options));
  });
}

/** `tg build …`. */
export function addBuild(program: Command, done: (code: ExitCode) => void): void {
  const build = program.command('build').description('build a plan without running it');
  const single = build
    .command('single')
    .alias('s')
    .description('build a plan, and print the key of the artifact');
  buildFlags(planFlags(single))
    .optionsGroup('')
    .option('--coverage', 'build for --coverage')
    .option(...strict)
    .option('-q, --quiet', 'print the keys only')
    .option('--wait', 'wait for the end (tg always does)')
    .action(async (plan: string | undefined, options: Flags<BuildSingleOptions>) => {
      const asked = askedPlan(plan, options.plan);
      done(await (await import('./commands/build.ts')).buildSingle({ ...options, plan: asked }));
    });
  build
    .command('composition')
    .alias('c')
    .description('build the artifacts of every group of a composition')
    .requiredOption('-f, --file <file>', 'the composition; - for stdin')
    .option(...replaceBuilder)
    .option(...replaceRunner)
    .option('-a, --write-artifacts', 'write the keys of the artifacts into the composition')
    .addOption(new Option('-w', 'the same as -a'))
    .option(...linkSdk)
    .option(...strict)
    .option('-q, --quiet', 'print the keys only')
    .option('--wait', 'wait for the end (tg always does)')
    .action(async (options: BuildCompositionOptions & { readonly w?: boolean }) => {
      const writeArtifacts = options.writeArtifacts === true || options.w === true;
      done(await (await import('./commands/build.ts')).buildComposition({ ...options, writeArtifacts }));
    });
  build
    .command('purge')
    .description('remove the artifacts of a plan and a builder')
    .requiredOption('-p, --plan <plan>', 'the plan: a name, or the path of its folder')
    .requiredOption('-b, --builder <id>', 'the builder')
    .action(async (options: BuildPurgeOptions) =>
      done(await (await import('./commands/build.ts')).buildPurge(options)),
    );
}
