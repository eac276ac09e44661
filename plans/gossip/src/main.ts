import { setTimeout as sleep } from 'node:timers/promises';
import { type InitContext, invokeMap, type RunEnv } from 'testground-tg/sdk';
import { Gossip, type Rumour } from './gossip.ts';
import { listen, meet, Speaker } from './peers.ts';

/** Spreads rumours, one after the other, and measures how far, how fast, and at what cost. */
async function push(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, globalSeq } = init;
  const [rumours, settle] = [runenv.intParam('rumours'), runenv.durationParam('settle')];
  const loss = runenv.floatParam('loss');
  if (rumours < 1 || runenv.intParam('fanout') < 1 || loss < 0 || loss > 1)
    throw new Error('rumours and fanout must be at least 1, and loss must be from 0 to 1');
  const all = runenv.testInstanceCount;
  let hear = (_: Rumour) => {};
  const { port, close } = await listen((message) => hear(message as Rumour));
  const peers = await meet(port, runenv, init);
  const speaker = new Speaker();
  const others = peers.filter(({ seq }) => seq !== globalSeq);
  const gossip = new Gossip(runenv, speaker, others);
  hear = (rumour) => gossip.hear(rumour);
  for (let number = 0; number < rumours; number++) {
    const stage = `rumour ${number}`;
    await syncClient.signalAndWait(stage, all);
    runenv.recordStageStart(stage);
    // Each rumour starts at another instance.
    if (globalSeq === 1 + (number % all)) gossip.begin(number);
    await sleep(settle);
    runenv.R().recordPoint('redundancy', gossip.redundancy(number));
    runenv.recordStageEnd(stage);
  }
  await syncClient.publish('known', gossip.known);
  const tooFew = globalSeq === 1 ? await judge(rumours, runenv, init) : undefined;
  // No instance may leave while others still send to it.
  await syncClient.signalAndWait('over', all);
  speaker.close();
  close();
  if (tooFew !== undefined) throw new Error(tooFew);
}

/** Records the share of instances that each rumour has reached. @returns the failure, if the mean is too low. */
async function judge(
  rumours: number,
  runenv: RunEnv,
  { syncClient }: InitContext,
): Promise<string | undefined> {
  const reached = Array.from({ length: rumours }, () => 0);
  let said = 0;
  for await (const known of syncClient.subscribe<readonly number[]>('known')) {
    for (const number of known) reached[number] = (reached[number] ?? 0) + 1;
    if (++said === runenv.testInstanceCount) break;
  }
  const shares = reached.map((count) => count / runenv.testInstanceCount);
  for (const share of shares) runenv.R().recordPoint('reach', share);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const least = runenv.floatParam('least_reach');
  runenv.recordMessage(
    `reach: ${shares.map((share) => share.toFixed(3)).join(', ')}; on average ${mean.toFixed(3)}`,
  );
  return mean < least
    ? `rumours reached ${mean.toFixed(3)} of all instances, which must be at least ${least}`
    : undefined;
}

await invokeMap({ push });
