import { numberOf } from '../../network/range.ts';
import { waysBetween } from '../../network/topology/ways.ts';
import { instancesOfGroups } from '../../plan/instance-id.ts';
import type { NetworkWay } from '../../plan/network-way.ts';
import { dataAddress } from './subnets.ts';
import { type Declaring, topologyOf } from './topology.ts';

/**
 * What a run declares between its instances, with the addresses that they have at first.
 * @throws TgError (usage) for names that the run does not have.
 */
export function declaredWays(run: Declaring): readonly NetworkWay[] {
  const topology = topologyOf(run);
  if (topology === undefined) return [];
  const members = instancesOfGroups(run.groups).map((instance, number) => ({
    instance,
    labels: topology.labelsOf(instance),
    link: topology.linkOf(instance),
    nat: topology.natOf(instance),
    address: numberOf(dataAddress(number)),
  }));
  return waysBetween(members, topology.paths);
}
