import { invokeMap } from 'testground-tg/sdk';
import { nat } from './nat.ts';
import { partition } from './partition.ts';
import { pingMesh } from './ping-mesh.ts';
import { shape } from './shape.ts';
import { throughput } from './throughput.ts';

await invokeMap({ 'ping-mesh': pingMesh, throughput, partition, nat, shape });
