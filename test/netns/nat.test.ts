import { describe, expect, test } from 'vitest';
import type { NatName } from '../../src/plan/network-table.ts';
import { netComposition } from '../support/composition.ts';
import { someMachine, tg } from '../support/tg.ts';

/**
 * `hub` answers `where` with the endpoint that it has seen. The others tell each other what they have learned, send to
 * each other twice, and answer what they get.
 */
const meet = `
  const me = runenv.testGroupId;
  const own = addresses()[0].split('/')[0];
  const { socket } = await listen(7000);
  const tell = (text, port, address) => socket.send(JSON.stringify(text), port, address);
  if (me === 'hub') {
    const seen = [];
    socket.on('message', (text, { address, port }) => {
      const { where, name, padding } = JSON.parse(text);
      if (name) seen.push(name);
      if (where) tell({ here: where, address, port, padding }, port, address);
    });
    const server = net.createServer((its) => its.end(its.remoteAddress)).listen(7001);
    await sync.publish('hub', own);
    for (let rounds = 0; rounds < 7; rounds++) await all();
    say('result', { got: seen });
    server.close();
  } else {
    let hub;
    for await (hub of sync.subscribe('hub')) break;
    const got = new Set();
    const answers = new Map();
    socket.on('message', (text, { address, port }) => {
      const { here, name, call, ...rest } = JSON.parse(text);
      if (here) answers.get(here)?.(rest);
      if (!name) return;
      got.add(name + ' ' + call);
      if (call !== 'answer') tell({ name: me, call: 'answer' }, port, address);
    });
    let asked = 0;
    // Whatever has been sent before is there when the answer is.
    const where = (padding) => new Promise((resolve) => {
      const number = ++asked;
      answers.set(number, resolve);
      tell({ where: number, padding }, 7000, hub);
    });
    const seen = await where();
    await sync.publish('peers', { name: me, own, ...seen });
    let peer;
    for await (peer of sync.subscribe('peers')) if (peer.name !== me) break;
    await all();
    tell({ name: me, call: 'inside' }, 7000, peer.own);
    await where();
    await all();
    for (const call of ['first', 'second']) {
      tell({ name: me, call }, peer.port, peer.address);
      await where();
      await all();
      await where();
      await all();
    }
    const large = await where('x'.repeat(5_000));
    const remote = await new Promise((resolve) => net.connect(7001, hub).on('data', (data) => resolve(String(data))));
    const closed = createSocket('udp4');
    const error = await new Promise((resolve) => {
      closed.on('error', ({ code }) => resolve(code));
      closed.connect(7009, hub, () => closed.send('x'));
    });
    closed.close();
    await all();
    say('result', { own, seen, got: [...got].sort(), padding: large.padding?.length, remote, error });
  }
  socket.close();
`;

interface Result {
  readonly own: string;
  readonly seen: { readonly address: string; readonly port: number };
  readonly got: readonly string[];
  readonly padding: number;
  readonly remote: string;
  readonly error: string;
}

/** Runs hub, alice and bob with these NATs. */
async function meeting(nat: Readonly<Record<string, NatName>>, more = '') {
  const machine = await someMachine();
  const nats = Object.entries(nat).map(([name, kind]) => `${name} = "${kind}"`);
  const network = `[network]\nnat = { ${nats.join(', ')} }\n${more}`;
  const file = await netComposition(machine, ['hub', 'alice', 'bob'], network, { code: meet });
  const { code, stdout } = await tg(machine, ['run', 'composition', '-f', file, '--timeout', '60s']);
  expect(code, stdout).toBe(0);
  const said = [...stdout.matchAll(/<< (\w+)\[000\] >> result (\{.*\})/g)];
  const results = new Map(said.map(([, name = '', text = '']) => [name, JSON.parse(text) as Result]));
  return (name: string) => results.get(name);
}

describe('a NAT', { tags: ['networks'] }, () => {
  test('gives an instance another address outside; all of its traffic passes', async () => {
    const of = await meeting({ alice: 'port-restricted' });
    const alice = of('alice');
    expect(alice).toMatchObject({
      own: '16.0.0.3',
      seen: { address: '16.0.192.2', port: 7_000 },
      ...{ padding: 5_000, remote: '::ffff:16.0.192.2', error: 'ECONNREFUSED' },
    });
    expect(of('bob')).toMatchObject({ own: '16.0.0.4', seen: { address: '16.0.0.4' } });
    // She has sent to him first, which opens her NAT for him. Her address inside is not there for him.
    expect(alice?.got).toEqual(['bob answer', 'bob first', 'bob second']);
    expect(of('bob')?.got).toContain('alice inside');
  });

  test.each<[NatName, NatName, boolean]>([
    ['full-cone', 'symmetric', true],
    ['restricted', 'symmetric', true],
    ['port-restricted', 'restricted', true],
    ['port-restricted', 'port-restricted', true],
    ['port-restricted', 'symmetric', false],
    ['symmetric', 'symmetric', false],
  ])(
    '%s for one and %s for another: they reach each other if both send: %s',
    async (alice, bob, isReached) => {
      const of = await meeting({ alice, bob });
      const reached = ['alice', 'bob'].map((name) => (of(name)?.got.length ?? 0) > 0);
      expect(reached).toEqual([isReached, isReached]);
      expect(of('alice')?.got).not.toContain('bob inside');
      expect(of('bob')?.got).not.toContain('alice inside');
    },
  );

  test('of a carrier is one for all behind it: they have one address outside, and reach each other inside', async () => {
    const of = await meeting({ homes: 'carrier-grade' }, 'regions = { homes = ["alice", "bob"] }');
    const [alice, bob] = [of('alice'), of('bob')];
    expect([alice?.seen.address, bob?.seen.address]).toEqual(['16.0.224.1', '16.0.224.1']);
    expect(alice?.seen.port).not.toBe(bob?.seen.port);
    expect(alice?.got).toEqual(expect.arrayContaining(['bob inside', 'bob second']));
  });

  test('is shown by --dry-run, with who can send first', async () => {
    const machine = await someMachine();
    const network = `[network]
      nat = { a = "symmetric", homes = "carrier-grade" }
      regions = { homes = ["b", "c"] }`;
    const file = await netComposition(machine, ['hub', 'a', 'b', 'c'], network);
    const asked = ['run', 'composition', '-f', file, '--dry-run'];
    const { stdout } = await tg(machine, asked);
    const lines = stdout
      .split('  network:\n')[1]
      ?.trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(lines?.map((cells) => [cells[0], cells[2], cells.at(-1)]).slice(1)).toEqual([
      ['hub', 'a (symmetric NAT)', 'the second'],
      ['hub', 'b (carrier-grade NAT)', 'the second'],
      ['hub', 'c (carrier-grade NAT)', 'the second'],
      ['a (symmetric NAT)', 'b (carrier-grade NAT)', 'neither'],
      ['a (symmetric NAT)', 'c (carrier-grade NAT)', 'neither'],
      ['b (carrier-grade NAT)', 'c (carrier-grade NAT)', 'either'],
    ]);
    const { runs } = JSON.parse((await tg(machine, [...asked, '--json'])).stdout);
    expect(runs[0].network[0]).toMatchObject({ from_nat: null, to_nat: 'symmetric', first_sender: 'to' });
  });

  test('keeps its addresses for itself', async () => {
    const machine = await someMachine();
    const asking = { code: `await ask({ IPv4: '16.0.192.7/16' });` };
    const run = async (network: string) =>
      await tg(machine, ['run', 'composition', '-f', await netComposition(machine, ['a'], network, asking)]);
    expect((await run('')).code).toBe(0);
    const refused = await run('[network]\nnat = { a = "symmetric" }');
    expect([refused.code, refused.all]).toEqual([
      1,
      expect.stringContaining('the address 16.0.192.7: it is kept for NATs'),
    ]);
  });

  test.each([
    ['nat = { nobody = "symmetric" }', 'there is no region, group or instance "nobody"'],
    ['nat = { a = "round" }', 'network.nat.a'],
  ])('is refused where it makes no sense: %s', async (nat, why) => {
    const machine = await someMachine();
    const file = await netComposition(machine, ['a'], `[network]\n${nat}`);
    const { code, all } = await tg(machine, ['run', 'composition', '-f', file]);
    expect([code, all]).toEqual([2, expect.stringContaining(why)]);
  });
});
