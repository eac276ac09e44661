// The cases of the compat plan in TypeScript, for our own SDK.
// biome-ignore lint/correctness/noUndeclaredDependencies: tg makes it available to every plan.
import { type InitContext, invokeMap, type RunEnv } from 'testground-tg/sdk';

interface Hello {
  readonly From: string;
  readonly Seq: number;
}

async function meet(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  const n = runenv.testInstanceCount;
  const seq = await syncClient.signalAndWait('met', n);
  await syncClient.publish('hello', { From: runenv.testGroupId, Seq: seq });
  await syncClient.barrier('met', n);
  await syncClient.signalAndWait('published', n);
  for (const name of ['heard', 'heard again']) {
    const words: string[] = [];
    for await (const { From, Seq } of syncClient.subscribe<Hello>('hello')) {
      words.push(`${From}/${Seq}`);
      if (words.length === n) break;
    }
    runenv.recordMessage(`${name}: ${words.join(' ')}`);
  }
  await syncClient.signalAndWait('done', n);
}

async function params(runenv: RunEnv): Promise<void> {
  runenv.recordMessage(`text=${runenv.stringParam('text')} number=${runenv.intParam('number')}`);
}

async function network(runenv: RunEnv, { netClient }: InitContext): Promise<void> {
  const latency = runenv.intParam('latency');
  const config = { network: 'default', enable: true, callbackState: 'configured', default: { latency } };
  await netClient.configureNetwork(config);
  runenv.recordMessage(`configured; sidecar=${runenv.params.testSidecar}`);
  runenv.recordMessage(`my address is ${netClient.getDataNetworkIP()}`);
}

async function fail(): Promise<void> {
  throw new Error('it did not work');
}

async function panic(): Promise<void> {
  setTimeout(() => {
    throw new Error('out of order');
  });
  await new Promise(() => {});
}

async function hang(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  runenv.recordMessage('waiting for nobody');
  await syncClient.barrier('never', 99);
}

async function abandon(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  const n = runenv.testInstanceCount;
  if ((await syncClient.signalAndWait('begun', n)) === 1) throw new Error('it did not work');
  await syncClient.signalAndWait('ready', n);
}

async function metrics(runenv: RunEnv): Promise<void> {
  for (let degree = 20; degree < 23; degree++) runenv.R().recordPoint('temperature,place=here', degree);
  console.log('not an event: kept all the same');
}

await invokeMap({ meet, params, network, fail, panic, hang, abandon, metrics });
