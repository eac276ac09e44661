import { invokeMap } from 'testground-tg/sdk';
import { artifact } from './artifact.ts';
import { metrics } from './metrics.ts';
import { failure, output, panic, params, stall } from './small.ts';
import { sync } from './sync.ts';

await invokeMap({ output, failure, panic, params, sync, metrics, artifact, stall });
