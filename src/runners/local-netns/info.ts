import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { fidelityKey, readFidelity } from './fidelity.ts';
import { packetsKey, readPackets } from './packets.ts';

const id = 'local:netns';

/** local:netns: every instance is a process on this machine, in networks of its own. */
export const localNetnsInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  replaces: {},
  configKeys: [fidelityKey, packetsKey],
  readConfig(found) {
    const [fidelity, packets] = [readFidelity(found), readPackets(found)];
    return {
      values: { ...fidelity.values, ...packets.values },
      doubts: [...fidelity.doubts, ...packets.doubts],
    };
  },
  startsManually: false,
  shapesNetworks: true,
  withoutResources: `${id} limits neither memory nor CPU`,
};
