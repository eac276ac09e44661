// A plan whose test cases fail, each for another reason. Where one instance fails, the others wait for it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { invokeMap } from 'testground-tg/sdk';

const index = Number(basename(process.env.TEST_OUTPUTS_PATH));
const forever = () => new Promise((resolve) => setTimeout(resolve, 2 ** 30));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A test case in which all instances but some go on until everyone is done. */
function where(isFaulty, fail) {
  return async (runenv, { syncClient }) => {
    runenv.recordMessage('loading shard %d', index);
    if (isFaulty(index)) await fail(runenv);
    await syncClient.signalAndWait('done', runenv.testInstanceCount);
  };
}

async function portOfFirst(syncClient) {
  for await (const port of syncClient.subscribe('port')) return port;
}

const is = (number) => (index) => index === number;

await invokeMap({
  'one-fails': where(is(37), () => {
    throw new Error('disk quota exceeded');
  }),
  'two-causes': async (runenv, { syncClient }) => {
    if (index === 12) {
      runenv.recordFailure(new Error('elected twice'));
      await syncClient.signalEntry('failed');
      process.exit(1);
    }
    if (index === 30) {
      // The second in time, whatever the order in which they start.
      await syncClient.barrier('failed', 1);
      throw new Error('lost a write');
    }
    await syncClient.signalAndWait('done', runenv.testInstanceCount);
  },
  segv: where(is(5), async () => {
    process.kill(process.pid, 'SIGSEGV');
    await forever();
  }),
  uncaught: where(is(8), async () => {
    setImmediate(() => {
      throw new TypeError('peer is undefined');
    });
    await forever();
  }),
  rejection: where(is(41), async () => {
    void Promise.reject(new Error('unanswered request'));
    await forever();
  }),
  assertion: where(is(7), () => {
    assert.deepEqual({ term: 3, leader: 'a' }, { term: 4, leader: 'a' });
  }),
  'exit-4': where(is(20), () => {
    console.error('fatal: cannot open the ledger');
    process.exit(4);
  }),
  heap: where(is(4), async () => {
    const hungry = 'const kept = []; for (;;) kept.push(new Array(1e5).fill({}));';
    const worker = new Worker(hungry, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });
    const [error] = await once(worker, 'error');
    throw error;
  }),
  'port-clash': async (runenv, { syncClient }) => {
    // The first one has the port that all others want.
    const isFirst = (await syncClient.signalEntry('here')) === 1;
    const server = createServer().listen(isFirst ? 0 : await portOfFirst(syncClient), '127.0.0.1');
    await once(server, 'listening');
    if (isFirst) await syncClient.publish('port', server.address().port);
    await syncClient.signalAndWait('done', runenv.testInstanceCount);
  },
  param: (runenv) => {
    runenv.intParam('size');
  },
  refused: async () => {
    // Nothing listens there: an instance has just closed it.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    await once(connect(port, '127.0.0.1'), 'connect');
  },
  incomplete: () => {
    if (index === 9) process.exit(0);
  },
  overflow: where(is(33), () => {
    const deeper = (level) => deeper(level + 1) + 1;
    deeper(0);
  }),
  chatty: where(is(3), async (runenv) => {
    runenv.recordFailure(new Error('lost the lease'));
    for (let line = 0; line < 20_000; line++) runenv.recordMessage('shutting down %s', 'x'.repeat(100));
    process.exit(1);
  }),
  victim: where(is(19), async (runenv) => {
    runenv.recordMessage('the victim is %d', process.pid);
    await forever();
  }),
  'address-space': where(is(22), () => {
    const [, used] = /VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    execFileSync('prlimit', ['--pid', process.pid, `--as=${Number(used) * 1024 + 64 * 1024 * 1024}`]);
    return new ArrayBuffer(512 * 1024 * 1024);
  }),
  oom: where(is(11), async (runenv) => {
    writeFileSync(`${runenv.stringParam('group')}/cgroup.procs`, String(process.pid));
    const kept = [];
    for (;;) {
      kept.push(Buffer.alloc(10 * 1024 * 1024, 1));
      await sleep(1);
    }
  }),
  'dead-lock': async (runenv, { syncClient }) => {
    runenv.recordMessage('ready');
    await syncClient.signalAndWait('ready', runenv.testInstanceCount + 1);
  },
  'missing-one': where(is(49), async (runenv) => {
    runenv.recordMessage('skipping my turn');
    await forever();
  }),
  'slow-one': where(is(17), async (runenv) => {
    for (let level = 0; ; level++) {
      runenv.recordMessage('compacting level %d', level);
      await sleep(50);
    }
  }),
  topic: async (_, { syncClient }) => {
    for await (const _config of syncClient.subscribe('config')) break;
  },
  hang: forever,
  flood: where(is(2), async () => {
    for (;;) {
      process.stdout.write(`${'x'.repeat(100_000)}\n`);
      await new Promise(setImmediate);
    }
  }),
});
