import { additionalHostsIn } from '../process/config/additional-hosts.ts';
import { endLeftoversOfRun, leftoversOfRuns } from '../process/leftovers.ts';
import { RunProcesses } from '../process/run-processes.ts';
import type { Runner, RunSetup, Session } from '../runner.ts';
import { netnsChecks } from './checks.ts';
import { checkLinks, engineFor } from './engine.ts';
import { enterNetwork } from './enter.ts';
import { startHolder } from './holder.ts';
import { checkRecorded } from './packets.ts';
import { reachHosts } from './reached-hosts.ts';
import { LocalNetnsSession } from './session.ts';
import { switchPaths, topologyOf } from './topology.ts';

/** Every instance is a process on this machine, in network namespaces of its own: the network between them is real. */
export const localNetns: Runner = {
  checks: () => netnsChecks,
  leftovers: leftoversOfRuns,
  endLeftovers: endLeftoversOfRun,
  enterNetwork,
  open,
};

async function open(setup: RunSetup): Promise<Session> {
  const { spec, stop, notice } = setup;
  const onProblem = (text: string) => notice('WARN', text);
  checkRecorded(spec);
  const topology = topologyOf(spec);
  const engine = engineFor(spec.config.runner, topology);
  const processes = await RunProcesses.open(setup, async () => {
    const holder = await startHolder({ runId: spec.runId, engine, stop, onProblem });
    if (topology !== undefined && !(await holder.engine()).canDelay) checkLinks(topology, spec.groups);
    if (topology !== undefined && topology.paths.length > 0)
      await holder.order({ ask: 'paths', paths: switchPaths(topology, spec.seed) });
    return holder;
  });
  try {
    const { launcher: holder } = processes;
    const hosts = additionalHostsIn(spec.config.runner);
    const reached = await reachHosts(hosts, async (addresses) => await holder.reachHosts(addresses), stop);
    return new LocalNetnsSession(processes, topology, reached);
  } catch (error) {
    await processes[Symbol.asyncDispose]();
    throw error;
  }
}
