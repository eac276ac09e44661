import { defaultPort } from '../../sync/protocol.ts';

/** Where SDKs look for Redis. */
export const redisPort = 6379;
const influxPort = 8086;

/** The ports at which the services of a run are reached, in its control network. */
export const servicePorts: readonly number[] = [Number(defaultPort), redisPort, influxPort];
