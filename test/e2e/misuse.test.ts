import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { single, someMachine, tg, verdictsOf, warningsIn } from '../support/tg.ts';

/** A plan in JavaScript that speaks WebSocket itself: `ask(frame)` sends a text and resolves to the next answer. */
const raw = (body: string) =>
  planWith(
    `const connect = () => new Promise((resolve, reject) => {
     const socket = new WebSocket('ws://' + process.env.SYNC_SERVICE_HOST + ':' + process.env.SYNC_SERVICE_PORT);
     const waiting = [];
     socket.onmessage = ({ data }) => waiting.shift()?.(JSON.parse(data));
     socket.onclose = () => { while (waiting.length) waiting.shift()({ closed: true }); };
     socket.onerror = () => {};
     socket.onopen = () => resolve({
       socket,
       ask: (frame) => new Promise((answer) => { waiting.push(answer); socket.send(frame); }),
     });
   });
   const key = (name) => ['run', process.env.TEST_RUN, 'plan', 'p', 'case', 't', 'states', name].join(':');
   const signal = (name) => JSON.stringify({ id: '1', signal_entry: { state: key(name) } });
   const first = process.env.TEST_OUTPUTS_PATH.endsWith('/0');
   ${body}
   console.log('{"event":{"success_event":{}}}');
   process.exit(0);`,
  );
const flags =
  Number(process.versions.node.split('.')[0]) < 22 ? { NODE_OPTIONS: '--experimental-websocket' } : {};
const env = Object.entries(flags).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

describe.concurrent('an instance that misbehaves at the sync service', () => {
  test.each([
    ['frames that are not JSON', `console.log((await ask('{oops')).error);`, /not JSON/],
    ['an unknown request', `console.log((await ask('{"id":"7","explode":{}}')).error);`, /unknown request/],
    [
      'keys of another run',
      `console.log((await ask('{"id":"1","signal_entry":{"state":"run:00000000000000000000:x"}}')).error);`,
      /the key "run:00000000000000000000:x" is not a key of this run: those begin with "run:\w{20}:"/,
    ],
    [
      'a payload that is too large',
      `const topic = key('t').replace('states', 'topics');
       console.log((await ask(JSON.stringify({ id: '1', publish: { topic, payload: 'x'.repeat(40 * 1024 * 1024) } }))).error);`,
      /a payload of 41943042 bytes is too large: at most 33554432 are allowed/,
    ],
    [
      'a frame that is larger than the server accepts',
      `console.log(JSON.stringify(await ask('x'.repeat(70 * 1024 * 1024))));`,
      /cut off: Max payload size exceeded/,
    ],
  ])('gets one warning with its name for %s, and the other instance goes on', async (_, body, words) => {
    const machine = await someMachine();
    const plan = await raw(`const { ask } = await connect();
      if (first) { ${body} }
      else { const { signal_entry } = await ask(signal('s')); console.log('entry', signal_entry.seq); }`);
    const { code, stdout, runId } = await tg(machine, single(plan, '-i', '2', ...env, '--timeout', '50s'));
    expect(code).toBe(0);
    const warnings = warningsIn(stdout);
    expect(warnings).toEqual([expect.stringMatching(/WARN\tsingle\[000\] at the sync service: /)]);
    expect(warnings[0]).toMatch(words);
    expect(stdout).toContain('OTHER << single[001] >> entry 1');
    expect(await verdictsOf(machine, runId)).toHaveLength(2);
  });

  test('gets ten warnings, not a thousand, for a thousand bad requests', async () => {
    const machine = await someMachine();
    const plan = await raw(
      `const { ask } = await connect(); for (let i = 0; i < 1000; i++) await ask('oops');`,
    );
    const { code, stdout } = await tg(machine, single(plan, ...env));
    const warnings = warningsIn(stdout);
    expect([code, warnings.length]).toEqual([0, 10]);
    expect(warnings[9]).toContain('(further problems of this instance are not reported)');
  });

  test('is served if it connects twice, and if it connects late', async () => {
    const machine = await someMachine();
    const plan = await raw(`if (first) {
        const [one, two] = [await connect(), await connect()];
        console.log('entries', (await one.ask(signal('s'))).signal_entry.seq, (await two.ask(signal('s'))).signal_entry.seq);
        await one.ask(JSON.stringify({ id: 'b', barrier: { state: key('s'), target: 3 } }));
      } else {
        // Late: when the other has entered both times.
        for (;;) {
          const { ask, socket } = await connect();
          const late = setTimeout(() => socket.close(), 300);
          const { closed } = await ask(JSON.stringify({ id: 'b', barrier: { state: key('s'), target: 2 } }));
          clearTimeout(late);
          if (!closed) { console.log('entry', (await ask(signal('s'))).signal_entry.seq); break; }
        }
      }`);
    const { code, stdout } = await tg(machine, single(plan, '-i', '2', ...env, '--timeout', '50s'));
    expect(code).toBe(0);
    expect(stdout).toContain('OTHER << single[000] >> entries 1 2');
    expect(stdout).toContain('OTHER << single[001] >> entry 3');
  });

  test('times out with those that wait for it if it never connects, and each verdict says where it stood', async () => {
    const machine = await someMachine();
    const lazy = await raw(`if (first) await new Promise((resolve) => setTimeout(resolve, 30_000));
      const { ask } = await connect();
      await ask(signal('all'));
      await ask(JSON.stringify({ id: 'b', barrier: { state: key('all'), target: 3 } }));`);
    const { code, runId } = await tg(machine, single(lazy, '-i', '3', ...env, '--timeout', '10s'));
    expect(code).toBe(7);
    expect(await verdictsOf(machine, runId)).toEqual([
      'timed-out: still running at the timeout; it had printed nothing',
      'timed-out: still running at the timeout; at barrier "all" (2 of 3)',
      'timed-out: still running at the timeout; at barrier "all" (2 of 3)',
    ]);
  });
});
