import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { exposedPortsKey, readExposedPorts } from '../process/exposed-ports.ts';

const id = 'local:exec';

/** local:exec: every instance is a process on this machine. */
export const localExecInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  replaces: {
    'local:docker': `Docker is not supported: ${id} replaces local:docker and runs processes that share this machine's address and ports; network requests are acknowledged but not applied (sidecar=noop)`,
  },
  enabledBy: [],
  configKeys: [exposedPortsKey],
  readConfig: readExposedPorts,
  startsManually: true,
  shapesNetworks: false,
  withoutResources: `${id} limits neither memory nor CPU`,
};
