import { setTimeout as sleep } from 'node:timers/promises';
import { type InitContext, invokeMap, type RunEnv } from 'testground-tg/sdk';
import { LocalRegister, QuorumRegister, type Register } from './clients.ts';
import { type Operation, type Violation, violation } from './linearizable.ts';
import { Replica } from './replica.ts';
import { Link } from './wire.ts';

/** An operation as JSON can represent it: with times as texts. */
type Notice = Omit<Operation, 'began' | 'ended'> & { readonly began: string; readonly ended: string };

/** Publishes a message, and returns the messages of all instances on that topic. */
async function oneOfEach<T>(
  topic: string,
  mine: T,
  runenv: RunEnv,
  { syncClient }: InitContext,
): Promise<T[]> {
  await syncClient.publish(topic, mine);
  const all: T[] = [];
  for await (const message of syncClient.subscribe<T>(topic)) {
    all.push(message);
    if (all.length === runenv.testInstanceCount) break;
  }
  return all;
}

type MakeRegister = (client: number, replica: Replica, links: readonly Link[]) => Register;

/** Every instance is a replica and a client, which reads and writes. The first one judges the history of all. */
function registerCase(make: MakeRegister) {
  return async (runenv: RunEnv, init: InitContext): Promise<void> => {
    const { syncClient, globalSeq } = init;
    const all = runenv.testInstanceCount;
    const silent = runenv.intParam('silent');
    if (2 * silent >= all && silent > 0)
      throw new Error(`fewer than half of ${all} replicas may stop answering, not ${silent}`);
    if (silent < 0 || runenv.intParam('operations') < 1)
      throw new Error('operations must be at least 1, and silent must not be negative');
    const replica = new Replica(runenv);
    const { port, close } = await replica.serve();
    const ports = await oneOfEach('ports', port, runenv, init);
    const links = ports.map((its) => new Link(its));
    await syncClient.signalAndWait('connected', all);
    runenv.recordStageStart('operations');
    const register = make(globalSeq, replica, links);
    const halfWay = () => globalSeq <= silent && replica.fallSilent();
    const history = await operate(register, runenv, globalSeq, halfWay);
    runenv.recordStageEnd('operations');
    const told = history.map((its) => ({ ...its, began: String(its.began), ended: String(its.ended) }));
    const histories = await oneOfEach<Notice[]>('histories', told, runenv, init);
    const wrong = globalSeq === 1 ? judge(histories.flat(), runenv) : undefined;
    await syncClient.signalAndWait('judged', all);
    for (const link of links) link.close();
    close();
    if (wrong !== undefined) throw new Error(`not linearizable: ${wrong.text}`);
  };
}

/** Reads and writes at random. @returns the history. */
async function operate(
  register: Register,
  runenv: RunEnv,
  client: number,
  halfWay: () => void,
): Promise<Operation[]> {
  const count = runenv.intParam('operations');
  const history: Operation[] = [];
  for (let number = 0; number < count; number++) {
    if (number === Math.floor(count / 2)) halfWay();
    const kind = runenv.random.next() < 0.5 ? 'read' : 'write';
    const began = process.hrtime.bigint();
    let value: string | null = `${client}.${number}`;
    if (kind === 'read') value = await register.read();
    else await register.write(value);
    const ended = process.hrtime.bigint();
    history.push({ client, kind, value, began, ended });
    runenv.R().recordPoint(kind, Number(ended - began) / 1e6);
    // Lets this instance do other work, even if its operations wait for no other replica.
    await sleep(runenv.random.next());
  }
  return history;
}

/** Judges a history, and attaches it to the run. @returns the violation, if it is not linearizable. */
function judge(told: readonly Notice[], runenv: RunEnv): Violation | undefined {
  const history = told.map((its) => ({ ...its, began: BigInt(its.began), ended: BigInt(its.ended) }));
  const wrong = violation(history);
  runenv.recordMessage(
    `${history.length} operations: ${wrong === undefined ? 'linearizable' : 'not linearizable'}`,
  );
  runenv.attach('history.json', asJson(history, history));
  if (wrong !== undefined) runenv.attach('violation.json', asJson(wrong.operations, history));
  return wrong;
}

/** Some operations of a history in the order of their begin, with times in ms since its first. */
function asJson(operations: readonly Operation[], history: readonly Operation[]): string {
  const first = history.reduce(
    (least, { began }) => (began < least ? began : least),
    history[0]?.began ?? 0n,
  );
  const sinceFirst = (time: bigint) => Number(time - first) / 1e6;
  const rows = operations
    .toSorted((a, b) => (a.began < b.began ? -1 : 1))
    .map(({ client, kind, value, began, ended }) =>
      JSON.stringify({ client, kind, value, began_ms: sinceFirst(began), ended_ms: sinceFirst(ended) }),
    );
  return `[\n${rows.join(',\n')}\n]\n`;
}

await invokeMap({
  quorum: registerCase((client, _, links) => new QuorumRegister(client, links)),
  'local-reads': registerCase((client, replica, links) => new LocalRegister(client, replica, links)),
});
