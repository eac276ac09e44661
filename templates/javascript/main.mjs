import { invokeMap } from 'testground-tg/sdk';

await invokeMap({ meet });

/**
 * Each instance publishes its greeting, receives the greetings of all, and waits at a barrier until all have done so.
 * @param {import('testground-tg/sdk').RunEnv} runenv
 * @param {import('testground-tg/sdk').InitContext} initContext
 */
async function meet(runenv, { syncClient }) {
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
