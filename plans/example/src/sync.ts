import { setTimeout as sleep } from 'node:timers/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/**
 * The instance that enters first is the leader. It waits until all followers are ready, counts down, and releases them.
 */
export async function sync(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  const seq = await syncClient.signalEntry('enrolled');
  runenv.recordMessage(`my sequence ID: ${seq}`);

  if (seq === 1) {
    const followers = runenv.testInstanceCount - 1;
    runenv.recordMessage("i'm the leader.");
    runenv.recordMessage(`waiting for ${followers} instances to become ready`);
    await syncClient.barrier('ready', followers);
    runenv.recordMessage('the followers are all ready');
    runenv.recordMessage('ready...');
    await sleep(1_000);
    runenv.recordMessage('set...');
    await sleep(5_000);
    runenv.recordMessage('go, release followers!');
    await syncClient.signalEntry('released');
    return;
  }

  const seconds = Math.floor(Math.random() * 5);
  runenv.recordMessage(`i'm a follower; signalling ready after ${seconds} seconds`);
  await sleep(seconds * 1_000);
  runenv.recordMessage('follower signalling now');
  await syncClient.signalEntry('ready');
  await syncClient.barrier('released', 1);
  runenv.recordMessage('i have been released');
}
