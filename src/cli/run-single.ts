import { builderOf } from '../build/builders.ts';
import { TgError } from '../errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import { type Home, homeOf, prepareHome } from '../home.ts';
import { archiveName, collectRun } from '../outputs/collect.ts';
import { findPlan } from '../plan/find.ts';
import { readHomeConfig } from '../plan/home-config.ts';
import { readManifest } from '../plan/manifest.ts';
import type { ConfigSource } from '../plan/run-config.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { resolveSingle } from '../plan/single.ts';
import type { RunResult } from '../run/result.ts';
import { type EndedRun, type RunSurroundings, runPlan } from '../run/run.ts';
import { newRunId } from '../run/run-id.ts';
import { configFlags } from './config-flags.ts';
import { destinationOf } from './destination.ts';
import { readExtraEnv } from './extra-env.ts';
import { readKeyValues } from './key-values.ts';
import { type Output, openOutput } from './output/open.ts';
import { type Interrupts, watchSignals } from './signals.ts';

/** The options of `run single` as commander gives them. */
export interface RunSingleOptions {
  readonly plan: string;
  readonly testcase?: string;
  readonly builder?: string;
  readonly runner?: string;
  readonly instances?: number;
  readonly testParam?: readonly string[];
  readonly buildCfg?: readonly string[];
  readonly runCfg?: readonly string[];
  readonly dep?: readonly string[];
  readonly useBuild?: string;
  readonly linkSdk?: string;
  readonly collect?: boolean;
  readonly collectFile?: string;
  readonly detach?: boolean;
  readonly disableMetrics?: boolean;
  readonly metadataRepo?: string;
  readonly metadataBranch?: string;
  readonly metadataCommit?: string;
  readonly timeout?: string;
  readonly env?: readonly string[];
  readonly sync?: string;
  readonly redis?: string;
  readonly quiet?: boolean;
}

/** `tg run single`: runs one group of instances to its end, and collects their outputs if asked. */
export async function runSingle(options: RunSingleOptions): Promise<ExitCode> {
  refuseWhatComesLater(options);
  const home = homeOf(process.env);
  const spec = await specOf(options, home);
  const extraEnv = readExtraEnv(options.env ?? [], process.env);
  const to = destinationOf(options.collectFile ?? (options.collect ? archiveName(spec.runId) : undefined));

  using interrupts = watchSignals();
  using output = await openOutput({ quiet: options.quiet === true, wordsToStderr: to === process.stdout });
  const { reporter, format } = output;
  if (!options.quiet) reporter.print(format.log('INFO', `using home directory: ${home.root}`));
  reporter.print(format.log('INFO', `run is queued with ID: ${spec.runId}`));
  const ended = await runUnlessEnded(spec, { home, extraEnv }, output, interrupts);
  if (typeof ended === 'number') return ended;

  const { result, recordProblem } = ended;
  if (recordProblem !== undefined) {
    const text = `the records of this run, and perhaps its outputs, are incomplete: ${recordProblem}`;
    reporter.print(format.log('ERROR', text));
  }
  reporter.print(format.heading('Result'));
  reporter.print(format.log('INFO', `finished run with ID: ${spec.runId}`));
  const collected =
    to === undefined ? exitCodes.success : await collect({ home, run: spec.runId, to }, output, interrupts);
  reporter.print(format.log('INFO', summary(result)));
  reporter.print(format.log('INFO', `result default[${spec.runId}]: ${result.outcome}`));
  const code = exitCodeOfRun(result, interrupts.exitCode());
  if (code !== exitCodes.success) return code;
  return recordProblem === undefined ? collected : exitCodes.environment;
}

/** The result of the run, or the exit code of the signal that ended it before it began. */
async function runUnlessEnded(
  spec: RunSpec,
  around: Pick<RunSurroundings, 'home' | 'extraEnv'>,
  { reporter, format, sink }: Output,
  interrupts: Interrupts,
): Promise<EndedRun | ExitCode> {
  try {
    return await runPlan(spec, {
      ...around,
      callerEnv: process.env,
      cancel: interrupts.cancel,
      kill: interrupts.kill,
      emit: (event) => reporter.onEvent(event),
      pace: () => sink.ready(),
    });
  } catch (error) {
    const code = interrupts.exitCode();
    if (code === undefined || !(error instanceof TgError)) throw error;
    reporter.print(format.log('ERROR', error.describe()));
    return code;
  }
}

async function specOf(options: RunSingleOptions, home: Home): Promise<RunSpec> {
  const planDir = await findPlan(options.plan, home, process.cwd());
  const manifest = await readManifest(planDir);
  await prepareHome(home);
  const request = {
    testCase: options.testcase,
    builder: options.builder,
    runner: options.runner,
    instances: options.instances,
    params: readKeyValues('--test-param', options.testParam ?? []),
    buildConfig: readKeyValues('--build-cfg', options.buildCfg ?? []),
    runConfig: runConfigOf(options),
    disableMetrics: options.disableMetrics === true,
    metadata: {
      repo: options.metadataRepo ?? '',
      branch: options.metadataBranch ?? '',
      commit: options.metadataCommit ?? '',
    },
  };
  const spec = resolveSingle(request, {
    runId: newRunId(),
    planDir,
    manifest,
    homeConfig: await readHomeConfig(home),
    redisFromEnv: process.env['TG_REDIS_URL'],
  });
  for (const { builder, buildConfig } of spec.groups) (await builderOf(builder)).checkConfig(buildConfig);
  return spec;
}

/** `--timeout`, `--sync` and `--redis` are short for run configuration, and stronger than it. */
function runConfigOf({ runCfg, timeout, sync, redis }: RunSingleOptions): ConfigSource[] {
  return [
    { where: '--run-cfg', values: readKeyValues('--run-cfg', runCfg ?? []) },
    ...configFlags({ timeout, sync, redis }),
  ];
}

function refuseWhatComesLater({ dep, useBuild, linkSdk, detach }: RunSingleOptions): void {
  const asked = {
    '--dep': dep,
    '--use-build': useBuild,
    '--link-sdk': linkSdk,
    '--detach': detach,
  };
  for (const [flag, given] of Object.entries(asked)) {
    if (given) throw new TgError('usage', `${flag} is not built yet`, { hint: 'Leave it out.' });
  }
}

/** A collect that fails is told, and does not hide how the run ended. The next signal gives it up. */
async function collect(
  request: Omit<Parameters<typeof collectRun>[0], 'signal'>,
  { reporter, format }: Output,
  { cancel, kill, exitCode }: Interrupts,
): Promise<ExitCode> {
  const signal = cancel.aborted ? kill : cancel;
  try {
    const file = await collectRun({ ...request, signal });
    reporter.print(format.log('INFO', `created file: ${file ?? 'on stdout'}`));
    return exitCodes.success;
  } catch (error) {
    if (!(error instanceof TgError)) throw error;
    reporter.print(format.log('ERROR', error.describe()));
    return exitCode() ?? exitCodeOf(error);
  }
}

function exitCodeOfRun({ outcome, stopped }: RunResult, signalCode: ExitCode | undefined): ExitCode {
  if (stopped?.ending === 'store-lost') return exitCodes.environment;
  if (stopped?.ending === 'canceled') return signalCode ?? exitCodes.interrupted;
  if (outcome === 'success') return exitCodes.success;
  if (stopped?.ending === 'timeout') return exitCodes.timedOut;
  return outcome === 'unknown' ? exitCodes.unknown : exitCodes.runFailed;
}

/** `outcome: failure; 10 instances: 8 success, 2 failed; run ID …` */
function summary({ outcome, counts, instances, run_id }: RunResult): string {
  const each = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return `outcome: ${outcome}; ${instances} instance${instances === 1 ? '' : 's'}: ${each.join(', ')}; run ID: ${run_id}`;
}
