import { readSettings } from '../../network/read-access-link.ts';
import { faultKinds } from '../../plan/fault/fault.ts';
import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { additionalHostsKey, readAdditionalHosts } from '../process/config/additional-hosts.ts';
import { exposedPortsKey, readOwnPorts } from '../process/config/exposed-ports.ts';
import { readAll } from '../process/config/read-all.ts';
import { linksKey, readLinks, readTable, tableKey } from './declared.ts';
import { declaredWays } from './declared-ways.ts';
import { engineFor, engineKey, readEngine } from './engine.ts';
import { fidelityKey, readFidelity } from './fidelity.ts';
import { checkRecorded, packetsKey, readPackets } from './packets.ts';
import { topologyOf } from './topology.ts';

const id = 'local:netns';

/** local:netns: every instance is a process on this machine, in networks of its own. */
export const localNetnsInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  faults: faultKinds,
  faultProblem: ({ network }) => {
    const read = network === null || network.link === null ? undefined : readSettings(network.link);
    return typeof read === 'string' ? read : undefined;
  },
  replaces: {
    'local:docker': `Docker is not supported: ${id} replaces local:docker and runs processes in networks of their own; --runner local:exec runs them on this machine's network instead`,
  },
  enabledBy: ['local:exec', 'cluster:k8s'],
  configKeys: [
    ...[linksKey, tableKey, engineKey, fidelityKey, packetsKey],
    ...[exposedPortsKey, additionalHostsKey],
  ],
  readConfig: readAll(
    ...[readLinks, readTable, readEngine, readFidelity, readPackets],
    ...[readOwnPorts, readAdditionalHosts],
  ),
  startsManually: true,
  shapesNetworks: true,
  declaredWays,
  checkRun(spec) {
    checkRecorded(spec);
    engineFor(spec, topologyOf(spec));
  },
  withoutResources: `${id} limits neither memory nor CPU`,
};
