import { endLeftoversOfRun, leftoversOfRuns } from '../process/leftovers.ts';
import { checkLimits, fileLimit, processLimits } from '../process/limits.ts';
import { watchProcesses } from '../process/process-watchdog.ts';
import type { Runner, RunSetup, Session } from '../runner.ts';
import { netnsChecks } from './checks.ts';
import { checkDeclared } from './declared.ts';
import { startHolder } from './holder.ts';
import { checkRecorded } from './packets.ts';
import { LocalNetnsSession } from './session.ts';

/** Every instance is a process on this machine, in network namespaces of its own: the network between them is real. */
export const localNetns: Runner = {
  checks: () => netnsChecks,
  leftovers: leftoversOfRuns,
  endLeftovers: endLeftoversOfRun,
  open,
};

async function open(setup: RunSetup): Promise<Session> {
  const { spec, stop, notice } = setup;
  checkRecorded(spec);
  checkDeclared(spec);
  const doubts = checkLimits(spec.totalInstances, fileLimit(), processLimits());
  const watchdog = watchProcesses(spec.runId, (problem) => notice('WARN', problem));
  try {
    const holder = await startHolder(spec.runId, stop);
    stop.addEventListener('abort', () => holder.launcher.expectStarts());
    return new LocalNetnsSession(setup, { doubts, watchdog, holder });
  } catch (error) {
    await watchdog[Symbol.asyncDispose]();
    throw error;
  }
}
