import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { netComposition } from '../support/composition.ts';
import { engines, withNetem } from '../support/netns.ts';
import { resultOf, someMachine, tg } from '../support/tg.ts';

/**
 * Everyone sends two datagrams to everyone else, who answers each. Says who has called and who has answered, with the
 * round trip in ms, once all that are expected have.
 */
const meet = (expected: Readonly<Record<string, string>>) => `
  const me = runenv.testGroupId;
  const { socket } = await listen(7000);
  const port = 7000;
  await sync.publish('addresses', { name: me, address: addresses()[0].split('/')[0] });
  const others = [];
  for await (const other of sync.subscribe('addresses')) {
    if (other.name !== me) others.push(other);
    if (others.length === total - 1) break;
  }
  const wanted = new Set(${JSON.stringify(expected)}[me].split(' ').filter(Boolean));
  const seen = new Map();
  const enough = new Promise((resolve) => {
    const check = () => { if ([...wanted].every((each) => seen.has(each))) resolve(); };
    check();
    socket.on('message', (text, { address }) => {
      const { kind, name, at } = JSON.parse(text);
      if (kind === 'call') {
        seen.set('call:' + name, 0);
        socket.send(JSON.stringify({ kind: 'answer', name: me, at }), port, address);
      } else seen.set('answer:' + name, performance.now() - at);
      check();
    });
  });
  await all();
  for (const { address } of others)
    socket.send(JSON.stringify({ kind: 'call', name: me, at: performance.now() }), port, address);
  await enough;
  await all();
  say('seen', Object.fromEntries(seen));
  socket.close();
`;

/**
 * Runs groups of one instance each.
 * @param expected what each must see before it ends: `call:other`, `answer:other`.
 * @param network the table of the composition.
 * @returns what each has seen, and the result.
 */
async function meeting(
  expected: Readonly<Record<string, string>>,
  network: string,
  engine: (typeof engines)[number] = 'user',
) {
  const machine = await someMachine();
  const file = await netComposition(machine, Object.keys(expected), network, { code: meet(expected) });
  const { code, stdout, runId } = await tg(machine, [
    ...['run', 'composition', '-f', file, '--timeout', '60s', '--run-cfg', `engine=${engine}`],
  ]);
  expect(code, stdout).toBe(0);
  const said = stdout.matchAll(/<< (\w+)\[000\] >> seen (\{.*\})/g);
  const seen = new Map([...said].map(([, name = '', text = '{}']) => [name, JSON.parse(text)]));
  const links = (await resultOf(machine, runId)).network.measured.links as Link[];
  const lost = (name: string) => links.find(({ group }) => group === name)?.lost;
  return {
    /** The round trip between two, as the first has measured it. */
    trip: (from: string, to: string): number | undefined => seen.get(from)?.[`answer:${to}`],
    sees: (name: string) => Object.keys(seen.get(name) ?? {}).sort(),
    lost,
  };
}

interface Link {
  readonly group: string;
  readonly lost: number;
}

const everyone = (...names: readonly string[]) =>
  Object.fromEntries(
    names.map((me) => [
      me,
      names
        .filter((name) => name !== me)
        .map((name) => `call:${name} answer:${name}`)
        .join(' '),
    ]),
  );

describe.each(engines)('with engine=%s, [network]', { tags: ['networks'] }, (engine) => {
  const netem = withNetem(engine);

  test('puts groups into regions with round trips between them; links come on top', netem, async () => {
    const { trip } = await meeting(
      everyone('paris', 'rome', 'york', 'oslo'),
      `[network]
      links = ["oslo:latency=50ms"]
      regions = { eu = ["paris", "rome"], us = ["york[0]"] }
      rtt = { eu = { us = "1s", eu = "20ms" } }`,
      engine,
    );
    expect(trip('paris', 'york')).toBeGreaterThanOrEqual(1_000);
    expect(trip('york', 'rome')).toBeGreaterThanOrEqual(1_000);
    expect(trip('paris', 'rome')).toBeGreaterThanOrEqual(20);
    expect(trip('paris', 'rome')).toBeLessThan(1_000);
    expect(trip('oslo', 'york')).toBeGreaterThanOrEqual(50);
    expect(trip('oslo', 'york')).toBeLessThan(1_000);
  });

  test('cuts paths in one direction or both: nothing arrives, and what was sent is counted as lost', async () => {
    const { sees, lost } = await meeting(
      { a: 'call:c answer:c', b: 'call:a', c: 'call:a answer:a' },
      `[network]
      links = ["b>a:drop"]
      regions = { east = ["c"], west = ["b"] }
      partitions = [["east", "west"]]`,
      engine,
    );
    expect(['a', 'b', 'c'].map(sees)).toEqual([['answer:c', 'call:c'], ['call:a'], ['answer:a', 'call:a']]);
    // The kernel does not count what it has no way for.
    if (engine === 'kernel') return;
    // Its calls to both others, and its answer to a.
    expect(lost('b')).toBe(3);
    expect([lost('a'), lost('c')]).toEqual([0, 1]);
  });

  test(
    'shapes paths: the last that fits counts, also for a subnet and for one direction',
    netem,
    async () => {
      const { trip } = await meeting(
        everyone('a', 'b', 'c'),
        `[network]
      links = ["all>all:latency=1s", "a<>b:latency=1ms", "16.0.0.4<>a:latency=1ms", "c>b:latency=100ms"]`,
        engine,
      );
      expect(trip('a', 'b')).toBeLessThan(1_000);
      expect(trip('b', 'c')).toBeGreaterThanOrEqual(1_100);
      expect(trip('b', 'c')).toBeLessThan(2_000);
      expect(trip('a', 'c')).toBeLessThan(1_000);
    },
  );
});

describe('[network]', { tags: ['networks'] }, () => {
  test('is shown by --dry-run: who reaches whom, how fast, and how much is lost', async () => {
    const machine = await someMachine();
    const file = await netComposition(
      machine,
      ['servers', 'clients', 'others'],
      `[network]
      links = ["clients:3g", "servers>others:loss=10%,jitter=2ms", "others>clients:drop"]
      regions = { eu = ["servers"], us = ["clients"] }
      rtt = { eu = { us = "80ms" } }
      partitions = [["clients", "servers"]]`,
    );
    const asked = ['run', 'composition', '-f', file, '--dry-run'];
    const { code, stdout } = await tg(machine, [...asked, '--net', 'servers:lan']);
    expect(code, stdout).toBe(0);
    expect(stdout.split('  network:\n')[1]?.replaceAll(/ +/g, ' ').trim().split('\n ')).toEqual([
      'round trip there back',
      'servers -x- clients - nothing arrives nothing arrives',
      'servers <-> others 0.2 ms 0.1 ms ± 2 ms, 1 Gbit/s, 10 % lost 0.1 ms, 1 Gbit/s',
      'clients --> others - 150 ms, 768 kbit/s nothing arrives',
    ]);
    const { runs } = JSON.parse((await tg(machine, [...asked, '--json'])).stdout);
    expect(runs[0].network.at(-1)).toEqual({
      ...{ from: 'clients', to: 'others', round_trip_ms: null, back: null },
      ...{ from_nat: null, to_nat: null, first_sender: 'from' },
      there: {
        latency_ms: 150,
        jitter_ms: 0,
        bits_per_second: 768_000,
        loss: 0,
        corrupt: 0,
        duplicate: 0,
        reorder: 0,
      },
    });
  });

  test('is as docs/networks.md shows it', async () => {
    const machine = await someMachine();
    const page = await readFile(join(import.meta.dirname, '../../docs/networks.md'), 'utf8');
    const network = /^```toml\n(\[network\]\n[^`]*)```/m.exec(page)?.[1] ?? '';
    const [, command = '', shown = ''] =
      /^tg (run composition .*)\n( {2}network:\n[^…]*) {4}…/m.exec(page) ?? [];
    await netComposition(machine, ['servers', 'clients'], network, { count: 4 });
    const { code, stdout } = await tg(machine, command.split(' '));
    expect(code, stdout).toBe(0);
    expect(shown).not.toBe('');
    expect(stdout).toContain(shown);
  });

  test.each([
    ['[network]\nregions = { eu = ["nobody"] }', [], 'region eu: there is no group or instance "nobody"'],
    ['[network]\nlinks = ["a<>b:drop"]', [], 'there is no region, group or instance "b"'],
    ['[network]\nlinks = ["a>a:fast"]', [], 'there is no setting "fast"'],
    ['[network]\nregion = { eu = ["a"] }', ['--strict'], 'network.region'],
    ['[network]\nlinks = ["lan"]', ['--runner', 'local:exec'], 'local:exec shapes no networks'],
  ])('is refused where it makes no sense: %j with %j', async (network, flags, why) => {
    const machine = await someMachine();
    const file = await netComposition(machine, ['a'], network);
    for (const more of [[], ['--dry-run']]) {
      const { code, all } = await tg(machine, ['run', 'composition', '-f', file, ...flags, ...more]);
      expect([code, all]).toEqual([2, expect.stringContaining(why)]);
    }
  });
});
