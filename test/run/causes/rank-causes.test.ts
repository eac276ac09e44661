import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cause } from '../../../src/run/causes/cause.ts';
import { causeLines, causeTitles } from '../../../src/run/causes/cause-text.ts';
import { rankCauses } from '../../../src/run/causes/rank-causes.ts';
import type { StallSnapshot } from '../../../src/run/stall/stall-record.ts';
import { hasPassed, type InstanceOutcome, instanceOutcomes } from '../../../src/run/verdict/outcomes.ts';
import type { RunResult } from '../../../src/run/verdict/result.ts';

type Judged = Parameters<typeof rankCauses>[0];

/** A run of one group whose instances have these verdicts. */
function runOf(
  verdicts: readonly (readonly [InstanceOutcome, string])[],
  more: Partial<Judged> = {},
): Judged {
  const instances = verdicts.map(([outcome, reason], index) => ({ group: 'single', index, outcome, reason }));
  const group = { id: 'single', outcome: 'failure', expect: 'success', total: verdicts.length, counts: {} };
  return {
    ...{ outcome: 'failure', error: null, stopped: null, thresholds: [], faults: [], counts: {} },
    groups: [{ ...group, instances } as RunResult['groups'][number]],
    ...more,
  };
}

/** Instances fail at these times, in ms. */
function at(...times: readonly number[]) {
  return { failedAtMs: ({ index }: { readonly index: number }) => times[index], stall: undefined };
}

function titlesOf(judged: Judged, known?: Parameters<typeof rankCauses>[1]): string[] {
  return causeTitles(rankCauses(judged, known));
}

const aborted = ['aborted', 'waiting when the run was abandoned'] as const;

test('the instance that failed comes first, and those aborted for it are one line', () => {
  const run = runOf([aborted, ['failed', 'disk full'], aborted, aborted]);
  expect(titlesOf(run)).toEqual(['single[001] failed: disk full', '3 aborted after single[001] failed']);
});

test('instances with the same error are one cause, whose example is the first in time', () => {
  const error = (port: number) => ['failed', `dial 127.0.0.1:${port}: refused`] as const;
  const { causes } = rankCauses(runOf([error(1), error(2), error(3)]), at(30, 10, 20));
  expect(causes).toHaveLength(1);
  expect(causes[0]).toMatchObject({
    ...{ kind: 'failed', text: 'dial …: refused', count: 3, instances: 'single[0-2]' },
    example: { index: 1, at_ms: 10, reason: 'dial 127.0.0.1:2: refused' },
  });
});

test('failed and crashed instances come in order of time, then those that timed out, then incomplete ones', () => {
  const run = runOf([
    ['incomplete', 'said nothing'],
    ['timed-out', 'still running at the timeout; last output: x'],
    ['failed', 'second'],
    ['crashed', 'first'],
  ]);
  expect(titlesOf(run, at(1, 2, 4, 3))).toEqual([
    'single[003] crashed: first',
    'single[002] failed: second',
    'single[001] timed-out: still running at the timeout',
    'single[000] incomplete: said nothing',
  ]);
});

test('errors of the same text and different outcomes are two causes', () => {
  expect(
    titlesOf(
      runOf([
        ['failed', 'oops'],
        ['crashed', 'oops'],
      ]),
    ),
  ).toHaveLength(2);
});

const stall: StallSnapshot = {
  running: 3,
  waits: [
    {
      ...{ kind: 'barrier', name: 'done', count: 2, target: 3, for_ms: 1_000, waiting: 'single[0-1]' },
      ...{ missing: 'single[2]', absent: [{ group: 'single', index: 2, text: 'runs' }] },
    },
  ],
  ...{ more_waits: 0, elsewhere: 'single[2]', busy: [{ group: 'single', index: 2, text: 'runs' }] },
};

test('a timeout leads with the barrier and the instance that is missing there', () => {
  const late = ['timed-out', 'still running at the timeout; it waited'] as const;
  const { causes } = rankCauses(runOf([late, late, late]), { ...at(1, 2, 3), stall });
  expect(causes.map(({ text, example }) => [text, example?.index])).toEqual([
    ['still running at the timeout: barrier "done" (2 of 3), not signalled by single[2]', 2],
  ]);
});

test('what ended the whole run comes first, with the instances that it ended', () => {
  const stopped = { ending: 'store-lost', why: 'Redis went away' } as const;
  const run = runOf([['failed', 'connection reset'], aborted, aborted], { stopped });
  expect(titlesOf(run)).toEqual([
    'Redis went away: 2 instances were ended',
    'single[000] failed: connection reset',
  ]);
});

test('a run that was canceled has that as its cause, unless an instance had failed', () => {
  const stopped = { ending: 'canceled', why: 'SIGINT' } as const;
  const canceled = ['canceled', 'ended before it had finished'] as const;
  expect(titlesOf(runOf([canceled, canceled], { stopped, outcome: 'canceled' }))).toEqual([
    'SIGINT: 2 instances were ended',
  ]);
  expect(titlesOf(runOf([canceled], { stopped }))).toEqual(['SIGINT: 1 instance was ended']);
  expect(titlesOf(runOf([['failed', 'oops'], canceled], { stopped }))).toEqual([
    'single[000] failed: oops',
    '1 canceled: SIGINT',
  ]);
});

test('a run that did not begin has its error as the only cause', () => {
  const causes = rankCauses(runOf([], { error: 'the plan does not build\nmain.go:1' }));
  expect(causeTitles(causes)).toEqual(['the plan does not build']);
  expect(causeLines(causes, { named: 1, detailed: 1, lines: 5 }).map(({ text }) => text)).toEqual([
    'the plan does not build',
    'main.go:1',
  ]);
});

const threshold = { metric: 'latency', stat: 'p95', below: 5, above: null, group: null, value: 7 } as const;

test('a missed threshold is a cause; one that is unknown because instances failed is not', () => {
  const thresholds = [{ ...threshold, outcome: 'failed', reason: 'it was 7' } as const];
  const unknown = [
    { ...threshold, outcome: 'unknown', value: null, reason: 'nothing was measured' } as const,
  ];
  expect(titlesOf(runOf([['success', '']], { thresholds }))).toEqual([expect.stringContaining('it was 7')]);
  expect(titlesOf(runOf([['success', '']], { thresholds: unknown }))).toHaveLength(1);
  expect(titlesOf(runOf([['failed', 'oops']], { thresholds: unknown }))).toEqual([
    'single[000] failed: oops',
  ]);
});

test('instances that were not started because the run was ended are consequences', () => {
  const late = ['never-started', 'not started: the timeout of 5s expired'] as const;
  const stopped = { ending: 'timeout', why: 'the timeout of 5s expired' } as const;
  expect(titlesOf(runOf([late, ['failed', 'oops'], late], { stopped }))).toEqual([
    'single[001] failed: oops',
    '2 not started',
  ]);
  expect(titlesOf(runOf([late, late], { stopped }))).toEqual([
    'the timeout of 5s expired: 2 instances were ended',
  ]);
  expect(titlesOf(runOf([['never-started', 'no such file']], { stopped: null }))).toEqual([
    'single[000] never-started: no such file',
  ]);
});

test('a canceled run names no threshold, and an ended one none that is unknown', () => {
  const unknown = { ...threshold, outcome: 'unknown', value: null, reason: 'nothing was measured' } as const;
  const missed = { ...threshold, outcome: 'failed', reason: 'it was 7' } as const;
  const canceled = ['canceled', 'ended before it had finished'] as const;
  const stopped = { ending: 'canceled', why: 'SIGINT' } as const;
  expect(titlesOf(runOf([canceled], { stopped, thresholds: [unknown, missed] }))).toEqual([
    'SIGINT: 1 instance was ended',
  ]);
  const full = { ending: 'disk-full', why: 'the disk is full' } as const;
  expect(titlesOf(runOf([aborted], { stopped: full, thresholds: [unknown] }))).toEqual([
    'the disk is full: 1 instance was ended',
  ]);
});

test('property: each instance that did not pass is in one cause or a consequence, and none that passed is', () => {
  const reasons = fc.constantFrom('oops', 'node 1 lost', 'node 2 lost', 'status 3', 'status 4');
  const verdicts = fc.array(fc.tuple(fc.constantFrom(...instanceOutcomes), reasons), { maxLength: 19 });
  const stops = fc.constantFrom(null, 'timeout', 'canceled', 'abandoned', 'store-lost', 'max-output');
  fc.assert(
    fc.property(verdicts, stops, (all, ending) => {
      const stopped = ending === null ? null : ({ ending, why: 'why' } as RunResult['stopped']);
      const { causes, consequences, more_causes } = rankCauses(runOf(all, { stopped }));
      expect(more_causes).toBe(0);
      const named = causes.reduce((sum: number, { count }: Cause) => sum + count, 0);
      const ended = [...consequences.matchAll(/(\d+) (?:aborted|canceled|not started)/g)].map(([, count]) =>
        Number(count),
      );
      const sum = ended.reduce((before, count) => before + count, named);
      expect(sum).toBe(all.filter(([outcome]) => !hasPassed(outcome)).length);
    }),
  );
});

test('property: the order of causes is that of their severity, whatever the order of instances', () => {
  const ranks = { failed: 0, crashed: 0, 'never-started': 0, 'timed-out': 1, incomplete: 2 } as Record<
    string,
    number
  >;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(ranks)), { maxLength: 20 }), (outcomes) => {
      const run = runOf(
        outcomes.map((outcome, index) => [outcome as InstanceOutcome, `error ${'x'.repeat(index)}`]),
      );
      const found = rankCauses(run).causes.map(({ kind }) => ranks[kind] ?? Number.NaN);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
      expect(found).toHaveLength(outcomes.length);
    }),
  );
});

test('causes beyond the limit are counted', () => {
  const run = runOf(Array.from({ length: 30 }, (_, index) => ['failed', 'e'.repeat(index + 1)] as const));
  const { causes, more_causes } = rankCauses(run);
  expect([causes.length, more_causes]).toEqual([20, 10]);
});
