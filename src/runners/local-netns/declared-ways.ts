import { numberOf } from '../../network/range.ts';
import { waysBetween } from '../../network/topology/ways.ts';
import { type InstanceId, instancesOfGroups, instanceTag } from '../../plan/instance-id.ts';
import type { NetworkWay } from '../../plan/network-way.ts';
import { dataAddress } from './subnets.ts';
import { type Declaring, topologyOf } from './topology.ts';

/**
 * What a run declares between its instances, with the addresses that they have at first.
 * @param only these instances; all by default.
 * @throws TgError (usage) for names that the run does not have.
 */
export function declaredWays(run: Declaring, only?: readonly InstanceId[]): readonly NetworkWay[] {
  const topology = topologyOf(run);
  if (topology === undefined) return [];
  const members = instancesOfGroups(run.groups).map((instance, number) => ({
    instance,
    labels: topology.labelsOf(instance),
    link: topology.linkOf(instance),
    nat: topology.natOf(instance),
    address: numberOf(dataAddress(number)),
  }));
  const chosen = only && new Set(only.map(instanceTag));
  const asked = members.filter(({ instance }) => chosen?.has(instanceTag(instance)) ?? true);
  return waysBetween(asked, topology.paths);
}
