import { type InitContext, invokeMap, type RunEnv } from 'testground-tg/sdk';

await invokeMap({ meet });

/** Each instance publishes its greeting, receives the greetings of all, and waits at a barrier until all have done so. */
async function meet(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  const all = runenv.testInstanceCount;
  const seq = await syncClient.publish('greetings', runenv.stringParam('greeting'));
  runenv.recordMessage(`I am number ${seq} of ${all}`);
  let heard = 0;
  for await (const greeting of syncClient.subscribe('greetings')) {
    runenv.recordMessage(`heard ${greeting}`);
    if (++heard === all) break;
  }
  await syncClient.signalAndWait('met', all);
}
