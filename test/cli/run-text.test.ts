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

function ended(outcome: InstanceOutcome, reason: string): RunEvent {
  const groups = [{ instances: [{ ...instance, outcome, reason }] }];
  const result = {
    ...{ outcome: 'failure', error: null, stopped: null, groups, thresholds: [], causes: [] },
    ...{ network: null, counts: {}, ended: '2020-01-01T00:00:00Z' },
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
