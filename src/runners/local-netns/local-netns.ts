import { additionalHostsIn } from '../process/config/additional-hosts.ts';
import { endLeftoversOfRun, leftoversOfRuns } from '../process/leftovers.ts';
import { RunProcesses } from '../process/run-processes.ts';
import type { Runner, RunSetup, Session } from '../runner.ts';
import { netnsChecks } from './checks.ts';
import { checkDeclared, engineFor } from './engine.ts';
import { enterNetwork } from './enter.ts';
import { type Holder, startHolder } from './holder.ts';
import { reachHosts } from './reached-hosts.ts';
import { LocalNetnsSession } from './session.ts';
import { switchPaths, type Topology, topologyOf } from './topology.ts';

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
  const topology = topologyOf(spec);
  const engine = engineFor(spec, topology);
  const processes = await RunProcesses.open(setup, async () => {
    const holder = await startHolder({ runId: spec.runId, engine, stop, onProblem });
    try {
      if (topology !== undefined) await declare(topology, holder, spec);
      return holder;
    } catch (error) {
      await holder[Symbol.asyncDispose]();
      throw error;
    }
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

/** Prepares the holder for what a run declares. @throws TgError if the engine cannot do it. */
async function declare(
  topology: Topology,
  holder: Holder,
  { groups, seed }: RunSetup['spec'],
): Promise<void> {
  if (!(await holder.engine()).canDelay) checkDeclared(topology, groups);
  if (topology.paths.length > 0) await holder.order({ ask: 'paths', paths: switchPaths(topology, seed) });
}
