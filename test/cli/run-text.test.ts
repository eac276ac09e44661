import { expect, test } from 'vitest';
import { detailOf } from '../../src/cli/output/detail.ts';
import { LineFormat } from '../../src/cli/output/lines.ts';
import { RunText } from '../../src/cli/output/run-text.ts';
import type { RunEvent } from '../../src/run/events/events.ts';
import type { InstanceOutcome } from '../../src/run/verdict/outcomes.ts';

const instance = { group: 'single', index: 0 };
const queued = {
  type: 'run-queued',
  spec: { runId: 'r', totalInstances: 1 },
  runDir: '/',
} as unknown as RunEvent;
const failure: RunEvent = {
  ...{ type: 'line', instance, stream: 'stdout', text: '', offset: 0, elapsedMs: 1, at: 1 },
  event: { type: 'failure', error: 'said so itself' },
};

function ended(outcome: InstanceOutcome, reason: string, more: object = {}): RunEvent {
  const groups = [{ instances: [{ ...instance, outcome, reason }] }];
  const result = {
    ...{ outcome: 'failure', error: null, stopped: null, groups, thresholds: [], causes: [] },
    ...{ network: null, counts: {}, ended: '2020-01-01T00:00:00Z', ...more },
  };
  return { type: 'run-ended', result } as unknown as RunEvent;
}

test('shows why each run of a series did not pass', () => {
  const text = new RunText(new LineFormat(false), {
    detail: detailOf({ quiet: true }, 'tg'),
    terminal: undefined,
  });
  text.of(queued);
  text.of(failure);
  expect(text.of(ended('failed', 'said so itself'))).toContain('single[000] failed: said so itself');
  text.of(queued);
  expect(text.of(ended('crashed', 'killed by SIGSEGV'))).toContain('single[000] crashed: killed by SIGSEGV');
});

test('does not show what instances print after they were aborted for another that failed', () => {
  const text = new RunText(new LineFormat(false), { detail: detailOf({}, 'tg'), terminal: undefined });
  text.of(queued);
  text.of({ type: 'abandoned', why: 'single[001] failed: oops', instances: [instance] });
  expect(text.of(failure)).toBe('');
  text.of(queued);
  expect(text.of(failure)).toContain('said so itself');
});

test.each([
  ['on a terminal', detailOf({}, 'tg'), { truncate: (line: string) => line }, 1],
  ['elsewhere', detailOf({}, 'tg'), undefined, 1],
  ['with -q, for a run that failed', detailOf({ quiet: true }, 'tg'), undefined, 1],
  ['under the name testground', detailOf({}, 'testground'), undefined, 0],
])('says in one line that the machine was saturated: %s', (_, detail, terminal, lines) => {
  const text = new RunText(new LineFormat(false), { detail, terminal });
  text.of(queued);
  const machine = { saturated: true, saturated_share: 0.834 };
  const end = text.of(ended('failed', 'said so itself', { machine }));
  const line = "the machine was saturated for 83 % of the run: latencies may be the machine's";
  expect(end.split('\n').filter((each) => each.endsWith(line))).toHaveLength(lines);
  text.of(queued);
  expect(text.of(ended('failed', 'said so itself', { machine: null }))).not.toContain('saturated');
});

test('says nothing of the machine with -q if the run passed', () => {
  const text = new RunText(new LineFormat(false), {
    detail: detailOf({ quiet: true }, 'tg'),
    terminal: undefined,
  });
  text.of(queued);
  const machine = { saturated: true, saturated_share: 1 };
  expect(text.of(ended('success', '', { machine, outcome: 'success' }))).toBe('');
});
