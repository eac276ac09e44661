import { maxPorts } from '../../network/kernel/max-ports.ts';
import { needsNetem } from '../../network/kernel/netem.ts';
import { unshaped } from '../../network/shape.ts';
import { dropped } from '../../network/topology/path.ts';
import { hasNetworkFaults } from '../../plan/fault/fault.ts';
import { instancesOfGroups } from '../../plan/instance-id.ts';
import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import type { RunnerValues, RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { textsOf } from '../process/config/text-list.ts';
import { fidelityKey } from './fidelity.ts';
import { packetsKey } from './packets.ts';
import type { Topology } from './topology.ts';

/** The key of run configuration for the engine that carries and shapes packets. */
export const engineKey = 'engine';

const choices = ['auto', 'kernel', 'user'] as const;
/** `auto` is the kernel's own where it can do all that is needed. */
export type EngineChoice = (typeof choices)[number];

/** Reads `engine`. */
export function readEngine(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(engineKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const choice = choices.find((each) => each === its.value);
  if (choice !== undefined) return { values: { [engineKey]: choice }, doubts: [] };
  throw new TgError('usage', `unknown value of engine ${JSON.stringify(its.value)}`, {
    where: its.where,
    hint: `Choose ${choices.join(', ')}.`,
  });
}

/**
 * The engine of a run. What only the engine `user` can do decides for it.
 * @throws TgError (usage) if that is needed with `engine=kernel`.
 */
export function engineFor(
  {
    config: { runner: values },
    totalInstances,
    faults,
  }: Pick<RunSpec, 'config' | 'totalInstances' | 'faults'>,
  topology: Topology | undefined,
): EngineChoice {
  const choice = choices.find((each) => each === values[engineKey]) ?? 'auto';
  const needed = hasNetworkFaults({ faults })
    ? 'faults of the network'
    : onlyByUser(values, topology, totalInstances);
  // The kernel does not count what paths drop, and a broadcast skips them.
  if (needed === undefined && choice === 'auto' && hasPaths(topology)) return 'user';
  if (needed === undefined) return choice;
  if (choice !== 'kernel') return 'user';
  throw new TgError('usage', `engine=kernel cannot do this: ${needed}`, {
    where: engineKey,
    hint: otherEngine,
  });
}

const otherEngine = 'Use engine=user, or leave it out: tg then takes the engine that can.';

function hasPaths(topology: Topology | undefined): boolean {
  return topology !== undefined && topology.paths.length > 0;
}

/** @throws TgError (environment) if an engine that only limits rates cannot do what a run declares. */
export function checkDeclared(topology: Topology, groups: RunSpec['groups']): void {
  const links = instancesOfGroups(groups).flatMap((instance) => topology.linkOf(instance) ?? []);
  const paths = topology.paths.flatMap(({ effect }) =>
    effect === dropped ? [] : [{ ...unshaped, ...effect }],
  );
  if (![...links.flatMap(({ up, down }) => [up, down]), ...paths].some(needsNetem)) return;
  throw new TgError(
    'environment',
    'the network that the run declares is more than rates, and this kernel has no netem',
    {
      where: engineKey,
      hint: otherEngine,
    },
  );
}

/** What a run asks for that only the engine `user` can do, as text. */
function onlyByUser(
  values: RunnerValues,
  topology: Topology | undefined,
  instances: number,
): string | undefined {
  if (instances > maxPorts) return `more than ${maxPorts} instances`;
  if (values[fidelityKey] === 'strict')
    return 'fidelity=strict (of the kernel, only probes tell how late packets were)';
  if (topology?.hasNats) return 'NAT';
  if (textsOf(values, packetsKey).length > 0) return 'pcap';
  return undefined;
}
