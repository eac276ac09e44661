import { expect, onTestFinished, test } from 'vitest';
import { KeySpace } from '../../src/sync/stores/key-space.ts';
import { rawClient } from '../support/sync-service.ts';
import { onceSaid, someMachine, startTg } from '../support/tg.ts';

test('a run can have 2,000,000 states and topics together, and no more', () => {
  const board = new KeySpace();
  const [state, topic] = [board.state('s'), board.topic('t')];
  // Only their number counts, so the maps are filled directly.
  const [states, topics] = [board.states as Map<unknown, unknown>, board.topics as Map<unknown, unknown>];
  while (states.size < 1_000_000) states.set(states.size, state);
  while (topics.size < 999_999) topics.set(topics.size, topic);
  expect(() => board.state('the last')).not.toThrow();
  expect(() => board.state('more')).toThrow('this run has more states and topics than fit the memory limit');
  expect(board.state('s')).toBe(state);
});

test('topics can take 60 % of the V8 heap of tg, and more is refused before it is full', async () => {
  const service = startTg(await someMachine({ NODE_OPTIONS: '--max-old-space-size=100' }), [
    ...['sync-service', '--port', '0'],
  ]);
  onTestFinished(async () => {
    service.kill('SIGTERM');
    await service;
  });
  const port = Number(/SYNC_SERVICE_PORT=(\d+)/.exec(await onceSaid(service, 'REDIS_PORT'))?.[1]);
  const client = await rawClient({ host: '127.0.0.1', port });
  const payload = 'x'.repeat(1_000_000);
  const publish = JSON.stringify({ id: '1', publish: { topic: 'run:r:topics:t', payload } });
  let kept = 0;
  let answer: { error?: string } = {};
  for (; !answer.error; kept++) {
    client.send(publish);
    answer = JSON.parse(await client.next());
  }
  expect(answer.error).toContain('the limit of the in-memory store');
  // V8 adds some MB of its own to the 100.
  expect(kept).toBeGreaterThanOrEqual(60);
  expect(kept).toBeLessThan(100);
});
