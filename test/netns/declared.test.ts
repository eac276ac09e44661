import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engines, inNetns, netPlan, withNetem } from '../support/netns.ts';
import { someMachine, tg } from '../support/tg.ts';

/** Measures a round trip from the first to the second instance. */
const roundTrip = `
  if (seq === 1) {
    const server = net.createServer((socket) => socket.pipe(socket)).listen(7001);
    await sync.publish('address', addresses()[0].split('/')[0]);
    await all();
    server.close();
  } else {
    let address;
    for await (address of sync.subscribe('address')) break;
    const socket = net.connect(7001, address);
    await new Promise((resolve) => socket.on('connect', resolve));
    const began = performance.now();
    socket.write('x');
    await new Promise((resolve) => socket.once('data', resolve));
    say('round trip', performance.now() - began);
    socket.destroy();
    await all();
  }
`;

const tripIn = (stdout: string) => Number(/round trip ([\d.]+)/.exec(stdout)?.[1]);

describe.each(engines)('with engine=%s, --net', { tags: ['networks'] }, (engine) => {
  const only = ['--run-cfg', `engine=${engine}`];

  test('gives each instance a link, and what the plan asks for comes on top', withNetem(engine), async () => {
    const plan = await netPlan(roundTrip);
    const plain = await tg(await someMachine(), inNetns(plan, 2, ...only, '--net', 'latency=200ms'));
    expect(plain.code, plain.stdout).toBe(0);
    expect(tripIn(plain.stdout)).toBeGreaterThanOrEqual(400);
    const more = await netPlan(`await ask({ default: { latency: 150 } }); await all(); ${roundTrip}`);
    const both = await tg(
      await someMachine(),
      inNetns(more, 2, ...only, '--net', 'latency=200ms,down.latency=50ms'),
    );
    expect(both.code, both.stdout).toBe(0);
    expect(tripIn(both.stdout)).toBeGreaterThanOrEqual(800);
  });
});

describe('--net', { tags: ['networks'] }, () => {
  test('has presets, for all or for one group; the last that fits counts', async () => {
    const machine = await someMachine();
    const plan = await netPlan(roundTrip);
    const file = join(machine.cwd, 'c.toml');
    await writeFile(
      file,
      `[global]\nplan = ${JSON.stringify(plan)}\ncase = "t"\nrunner = "local:netns"\n` +
        '[global.run_config]\nnet = ["satellite", "near:lan"]\n' +
        '[[groups]]\nid = "near"\ninstances = { count = 1 }\n[[groups]]\nid = "far"\ninstances = { count = 1 }\n',
    );
    const { code, stdout } = await tg(machine, ['run', 'composition', '-f', file]);
    expect(code, stdout).toBe(0);
    // A satellite and a cable: not two satellites.
    expect(tripIn(stdout)).toBeGreaterThanOrEqual(600);
    expect(tripIn(stdout)).toBeLessThan(1_200);
  });

  test.each([
    [['--net', '5g'], 'net: there is no preset "5g"'],
    [
      ['--net', 'nobody:4g'],
      '--net: the network that is declared does not fit the run: there is no region, group or instance "nobody"',
    ],
    [['--pcap', 'nobody'], 'pcap: there is no group or instance "nobody"'],
    [['--run-cfg', 'engine=tap'], 'unknown value of engine "tap"'],
    [['--run-cfg', 'engine=kernel', '--pcap', 'all'], 'engine=kernel cannot do this: pcap'],
  ])('is refused if it cannot be: %j', async (flags, why) => {
    const { code, all } = await tg(await someMachine(), inNetns(await netPlan(''), 1, ...flags));
    expect([code, all]).toEqual([2, expect.stringContaining(why)]);
  });
});
