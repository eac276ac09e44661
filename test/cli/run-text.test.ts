import { expect, test } from 'vitest';
import { LineFormat } from '../../src/cli/output/lines.ts';
import { RunText } from '../../src/cli/output/reporter.ts';
import type { RunEvent } from '../../src/run/events/events.ts';
import type { InstanceOutcome } from '../../src/run/verdict/outcomes.ts';

const instance = { group: 'single', index: 0 };
const queued = { type: 'run-queued', spec: { runId: 'r' }, runDir: '/' } as unknown as RunEvent;
const failure: RunEvent = {
  ...{ type: 'line', instance, stream: 'stdout', text: '', elapsedMs: 1, at: 1 },
  event: { type: 'failure', error: 'said so itself' },
};

function ended(outcome: InstanceOutcome, reason: string): RunEvent {
  const groups = [{ instances: [{ ...instance, outcome, reason }] }];
  const result = {
    outcome: 'failure',
    groups,
    thresholds: [],
    network: null,
    counts: {},
    ended: '2020-01-01T00:00:00Z',
  };
  return { type: 'run-ended', result } as unknown as RunEvent;
}

test('shows the verdict on an instance in each run of a series, unless the instance reported it itself', () => {
  const text = new RunText(new LineFormat(false), true);
  text.of(queued);
  text.of(failure);
  expect(text.of(ended('failed', 'said so itself'))).not.toContain('said so itself');
  text.of(queued);
  expect(text.of(ended('crashed', 'killed by SIGSEGV'))).toContain('crashed: killed by SIGSEGV');
});
