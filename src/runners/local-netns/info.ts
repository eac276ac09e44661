import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { declaredKey, readDeclared } from './declared.ts';
import { fidelityKey, readFidelity } from './fidelity.ts';
import { packetsKey, readPackets } from './packets.ts';

const id = 'local:netns';

/** local:netns: every instance is a process on this machine, in networks of its own. */
export const localNetnsInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  replaces: {},
  configKeys: [declaredKey, fidelityKey, packetsKey],
  readConfig(found) {
    const all = [readDeclared, readFidelity, readPackets].map((read) => read(found));
    return {
      values: Object.assign({}, ...all.map(({ values }) => values)),
      doubts: all.flatMap(({ doubts }) => doubts),
    };
  },
  startsManually: false,
  shapesNetworks: true,
  withoutResources: `${id} limits neither memory nor CPU`,
};
