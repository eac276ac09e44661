// The cases of the compat plan in JavaScript, for @testground/sdk as it was published.
import sdk from '@testground/sdk';

async function meet(runenv, client) {
  const n = runenv.testInstanceCount;
  // The other SDKs do so themselves, and Rust waits for everybody.
  await client.signalEntry('initialized_global');
  const seq = await client.signalAndWait('met', n);
  await client.publish('hello', { From: runenv.testGroupId, Seq: seq });
  await (await client.barrier('met', n)).wait;
  await client.signalAndWait('published', n);
  for (const name of ['heard', 'heard again']) {
    const { wait, cancel } = await client.subscribe('hello');
    const words = [];
    for await (const { From, Seq } of wait) {
      words.push(`${From}/${Seq}`);
      if (words.length === n) break;
    }
    cancel();
    runenv.recordMessage(`${name}: ${words.join(' ')}`);
  }
  await client.signalAndWait('done', n);
}

async function params(runenv) {
  const { text, number } = runenv.testInstanceParams;
  runenv.recordMessage(`text=${text} number=${number}`);
}

async function network(runenv, client) {
  const net = sdk.network.newClient(client, runenv);
  await net.waitNetworkInitialized();
  const latency = Number(runenv.testInstanceParams.latency) * 1e6;
  await net.configureNetwork({
    network: 'default',
    enable: true,
    callbackState: 'configured',
    default: { latency },
  });
  runenv.recordMessage(`configured; sidecar=${runenv.testSidecar}`);
  runenv.recordMessage(`my address is ${net.getDataNetworkIP()}`);
}

async function fail() {
  throw new Error('it did not work');
}

async function panic() {
  setTimeout(() => {
    throw new Error('out of order');
  });
  await new Promise(() => {});
}

async function hang(runenv, client) {
  runenv.recordMessage('waiting for nobody');
  await (await client.barrier('never', 99)).wait;
}

async function abandon(runenv, client) {
  const n = runenv.testInstanceCount;
  if ((await client.signalAndWait('begun', n)) === 1) throw new Error('it did not work');
  await client.signalEntry('ready');
  await (await client.barrier('ready', n)).wait;
}

async function metrics() {
  // This SDK has none.
  process.stdout.write('not an event: kept all the same\n');
}

await sdk.invokeMap({
  meet,
  params,
  network,
  fail,
  panic,
  hang,
  abandon,
  metrics,
});
