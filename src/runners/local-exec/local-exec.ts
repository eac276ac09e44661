import { Launcher } from '../process/launch/launcher.ts';
import { endLeftoversOfRun, leftoversOfRuns } from '../process/leftovers.ts';
import { processChecks } from '../process/process-checks.ts';
import { RunProcesses } from '../process/run-processes.ts';
import type { Runner } from '../runner.ts';
import { LocalExecSession } from './session.ts';

/** Every instance is a process on this machine. All of them share its network. */
export const localExec: Runner = {
  checks: () => processChecks,
  leftovers: leftoversOfRuns,
  endLeftovers: endLeftoversOfRun,
  open: async (setup) =>
    new LocalExecSession(await RunProcesses.open(setup, () => new Launcher(setup.spec.runId))),
};
