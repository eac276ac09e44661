import { type RunEnv, SyncClient } from 'testground-tg/sdk';
import { forever, isFirst, pass } from './misbehaving.ts';

/** All instances meet. Then the first one does something else, and the others wait for it at the barrier `ready`. */
function whileOthersWait(first: (runenv: RunEnv) => void | Promise<void>) {
  return async (runenv: RunEnv): Promise<void> => {
    const client = await SyncClient.connect(runenv);
    await client.signalAndWait('begun', runenv.testInstanceCount);
    if (isFirst(runenv)) return await first(runenv);
    try {
      await client.signalAndWait('ready', runenv.testInstanceCount);
      pass(runenv);
    } catch (error) {
      runenv.recordFailure(error);
      process.exit(1);
    }
  };
}

/** Test cases in which instances wait for one that does not come. */
export const waiting = {
  /** The first instance never reaches the barrier. */
  'never-comes': whileOthersWait(async (runenv) => {
    runenv.recordMessage('I do something else');
    await forever();
  }),

  'fails-while-others-wait': whileOthersWait((runenv) => {
    runenv.recordFailure(new Error('boom'));
    process.exit(1);
  }),

  'dies-while-others-wait': whileOthersWait(() => {
    process.kill(process.pid, 'SIGKILL');
  }),

  /** The first instance suspends itself, and so never reaches the barrier. */
  'stops-while-others-wait': whileOthersWait(async (runenv) => {
    runenv.recordMessage('about to stop');
    process.kill(process.pid, 'SIGSTOP');
    await forever();
  }),
};
