/** The SDK for plans in TypeScript or JavaScript: `import { invokeMap } from 'testground-tg/sdk'`. */
export type { AttachmentContent } from './attachments.ts';
export { InitContext } from './init-context.ts';
export { type InitializedTestCase, invoke, invokeMap, type TestCase } from './invoke.ts';
export type { Counter, Ewma, Gauge, Histogram, Meter, Timer } from './metrics/instruments.ts';
export type { Metrics } from './metrics/metrics.ts';
export {
  type FilterAction,
  filterActions,
  type LinkRule,
  type LinkShape,
  type NetworkConfig,
} from './network/config.ts';
export { NetworkClient, NetworkError } from './network/network-client.ts';
export { ParamError } from './param-readers.ts';
export { Random } from './random.ts';
export { RunEnv } from './run-env.ts';
export type { RunParams } from './run-params.ts';
export { SyncClient, type SyncOptions } from './sync-client.ts';
