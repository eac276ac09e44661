import { RunEnv } from 'testground-tg/sdk';
import { endings } from './endings.ts';
import { files } from './files.ts';
import type { Fault } from './misbehaving.ts';
import { output } from './output.ts';
import { processes } from './processes.ts';
import { service } from './service.ts';
import { waiting } from './waiting.ts';

const faults: Readonly<Record<string, Fault>> = {
  ...endings,
  ...processes,
  ...output,
  ...waiting,
  ...service,
  ...files,
};

const runenv = RunEnv.current();
runenv.recordStart();
await faults[runenv.testCase]?.(runenv);
