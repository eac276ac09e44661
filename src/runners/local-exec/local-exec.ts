import { Launcher } from '../process/launch/launcher.ts';
import { endLeftoversOfRun, leftoversOfRuns } from '../process/leftovers.ts';
import { checkLimits, fileLimit, processLimits } from '../process/limits.ts';
import { processChecks } from '../process/process-checks.ts';
import { watchProcesses } from '../process/process-watchdog.ts';
import type { Runner, RunSetup, Session } from '../runner.ts';
import { LocalExecSession } from './session.ts';

/** Every instance is a process on this machine. All of them share its network. */
export const localExec: Runner = {
  checks: () => processChecks,
  leftovers: leftoversOfRuns,
  endLeftovers: endLeftoversOfRun,
  open,
};

async function open(setup: RunSetup): Promise<Session> {
  const { spec, stop, notice } = setup;
  const doubts = checkLimits(spec.totalInstances, fileLimit(), processLimits());
  const watchdog = watchProcesses(spec.runId, (problem) => notice('WARN', problem));
  try {
    // Starts before the build, so that it is ready when the build is done.
    const launcher = new Launcher(spec.runId);
    stop.addEventListener('abort', () => launcher.expectStarts());
    return new LocalExecSession(setup, { doubts, watchdog, launcher });
  } catch (error) {
    await watchdog[Symbol.asyncDispose]();
    throw error;
  }
}
