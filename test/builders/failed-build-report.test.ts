import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/builders/sources/sources.ts';
import { Claim } from '../../src/builders/store/leases.ts';
import { onlyOnce } from '../../src/builders/store/one-build.ts';
import { homeOf } from '../../src/os/home.ts';
import { ownToken } from '../../src/os/temp-folder.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/until.ts';

test('a waiter that finds the report of a failed build before it is written reads it once it is', async () => {
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  await mkdir(home.work, { recursive: true });
  const maker = new Claim(home, 'its key');
  maker.state('holds');
  let polls = 0;
  const request = {
    plan: { name: 'p', dir: '/p', sdk: undefined },
    spec: {
      ...{ builder: 'exec:generic', config: {}, selectors: [], dependencies: [], linkSdk: undefined },
      coverage: false,
    },
    ...{ home, env: {}, signal: new AbortController().signal },
    ...{ warn: () => {}, report: () => {}, progress: () => void polls++ },
  };
  const waiting = onlyOnce(
    request,
    { key: 'its key', heldBy: (who) => who },
    () => Promise.resolve(undefined),
    () => Promise.resolve('built again'),
  );
  await until(() => polls > 0);
  // As the process that has failed creates it, and writes it later.
  const report = openSync(join(home.work, `failure-${maker.number + 1}.${ownToken}.partial`), 'wx');
  const seen = polls;
  await until(() => polls > seen + 2);
  writeSync(report, JSON.stringify({ message: 'oh no', env: digestOf([]) }));
  closeSync(report);
  maker[Symbol.dispose]();
  await expect(waiting).rejects.toThrow('oh no');
});
