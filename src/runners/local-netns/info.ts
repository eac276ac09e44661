import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { linksKey, readLinks, readTable, tableKey } from './declared.ts';
import { declaredWays } from './declared-ways.ts';
import { engineKey, readEngine } from './engine.ts';
import { fidelityKey, readFidelity } from './fidelity.ts';
import { packetsKey, readPackets } from './packets.ts';

const id = 'local:netns';

/** local:netns: every instance is a process on this machine, in networks of its own. */
export const localNetnsInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  replaces: {
    'local:docker': `Docker is not supported: ${id} replaces local:docker and runs processes in networks of their own; --runner local:exec runs them on this machine's network instead`,
  },
  enabledBy: ['local:exec', 'cluster:k8s'],
  configKeys: [linksKey, tableKey, engineKey, fidelityKey, packetsKey],
  readConfig(found) {
    const all = [readLinks, readTable, readEngine, readFidelity, readPackets].map((read) => read(found));
    return {
      values: Object.assign({}, ...all.map(({ values }) => values)),
      doubts: all.flatMap(({ doubts }) => doubts),
    };
  },
  startsManually: false,
  shapesNetworks: true,
  declaredWays,
  withoutResources: `${id} limits neither memory nor CPU`,
};
