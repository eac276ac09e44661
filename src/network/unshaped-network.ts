import type { NetworkBackend } from './backend.ts';
import { shapingIn } from './config.ts';

/** The backend of runners whose instances share a network: always ready, and nothing can be shaped. */
export const unshapedNetwork: NetworkBackend = {
  initialize: () => Promise.resolve(),
  apply: (_instance, config) => Promise.resolve(shapingIn(config)),
};
