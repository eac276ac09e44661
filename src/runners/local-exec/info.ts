import { processKinds } from '../../plan/fault/fault.ts';
import type { RunnerInfo } from '../../plan/resolve/runner-info.ts';
import { additionalHostsKey, readAdditionalHosts } from '../process/config/additional-hosts.ts';
import { exposedPortsKey, readExposedPorts } from '../process/config/exposed-ports.ts';
import { readAll } from '../process/config/read-all.ts';

const id = 'local:exec';

/** local:exec: every instance is a process on this machine. */
export const localExecInfo: RunnerInfo = {
  id,
  accepts: ['command'],
  faults: processKinds,
  replaces: {
    'local:docker': `Docker is not supported: ${id} replaces local:docker and runs processes that share this machine's address and ports; network requests are acknowledged but not applied (sidecar=noop)`,
  },
  enabledBy: [],
  configKeys: [exposedPortsKey, additionalHostsKey],
  readConfig: readAll(readExposedPorts, readAdditionalHosts),
  startsManually: true,
  shapesNetworks: false,
  withoutResources: `${id} limits neither memory nor CPU`,
};
