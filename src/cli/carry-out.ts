import { findArtifact } from '../build/artifacts.ts';
import { checkBuildConfig } from '../build/builders.ts';
import { TgError } from '../errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import type { Home } from '../home.ts';
import { archiveName, collectRun } from '../outputs/collect.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { RunResult } from '../run/result.ts';
import { type EndedRun, type RunSurroundings, runPlan } from '../run/run.ts';
import { destinationOf } from './destination.ts';
import { readExtraEnv } from './extra-env.ts';
import { type Output, openOutput } from './output/open.ts';
import type { RunFlags } from './run-flags.ts';
import { type Interrupts, watchSignals } from './signals.ts';

/** What became of a run. */
export interface CarriedOut {
  readonly code: ExitCode;
  /** The key of each group's artifact, by the group's ID; empty when nothing was built. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/**
 * Runs a run to its end, showing it, and collects its outputs if asked.
 * @throws TgError for what is wrong before it begins.
 */
export async function carryOut(spec: RunSpec, flags: RunFlags, home: Home): Promise<CarriedOut> {
  for (const { build, artifact } of spec.groups) {
    await checkBuildConfig(build);
    if (artifact !== undefined) await findArtifact(home, artifact, build.builder, spec.plan.name);
  }
  const extraEnv = readExtraEnv(flags.env ?? [], process.env);
  const to = destinationOf(flags.collectFile ?? (flags.collect ? archiveName(spec.runId) : undefined));

  using interrupts = watchSignals();
  using output = await openOutput({ quiet: flags.quiet === true, wordsToStderr: to === process.stdout });
  const { reporter, format } = output;
  if (!flags.quiet) reporter.print(format.log('INFO', `using home directory: ${home.root}`));
  reporter.print(format.log('INFO', `run is queued with ID: ${spec.runId}`));
  const ended = await runUnlessEnded(spec, { home, extraEnv }, output, interrupts);
  if (typeof ended === 'number') return { code: ended, artifacts: new Map() };

  const { result, recordProblem, artifacts } = ended;
  if (recordProblem !== undefined) {
    const text = `the records of this run, and perhaps its outputs, are incomplete: ${recordProblem}`;
    reporter.print(format.log('ERROR', text));
  }
  reporter.print(format.heading('Result'));
  reporter.print(format.log('INFO', `finished run with ID: ${spec.runId}`));
  const collected =
    to === undefined ? exitCodes.success : await collect({ home, run: spec.runId, to }, output, interrupts);
  const network = networkWords(result);
  if (network !== undefined) reporter.print(format.log('WARN', network));
  reporter.print(format.log('INFO', summary(result)));
  reporter.print(format.log('INFO', `result default[${spec.runId}]: ${result.outcome}`));
  const code = exitCodeOfRun(result, interrupts.exitCode());
  if (code !== exitCodes.success) return { code, artifacts };
  return { code: recordProblem === undefined ? collected : exitCodes.environment, artifacts };
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

/** What a plan asked of the network and did not get; it must not believe otherwise. */
function networkWords({ network }: RunResult): string | undefined {
  if (network === null || network.not_as_asked === 0) return undefined;
  const each = Object.entries(network.not_applied).map(([what, times]) => `${what} (${times}×)`);
  return `the network was not as the plan asked in ${network.not_as_asked} of ${network.configured} configurations: ${each.join(', ')}`;
}
