import { describe, expect, test } from 'vitest';
import { outputsIn, runFault } from '../support/faults.ts';
import { instanceFile, someMachine } from '../support/tg.ts';

const passed = 'success: reported success and exited with status 0';

describe.concurrent('an instance of the plan faults', () => {
  test.each([
    ['silent', 6, /^incomplete: exited with status 0 and reported neither success nor failure$/],
    ['succeeds-twice', 0, /^success: reported success and exited with status 0$/],
    ['succeeds-then-fails', 1, /^failed: not quite$/],
    ['succeeds-then-exits', 1, /^failed: reported success, then exited with status 3$/],
    ['succeeds-then-crashes', 1, /^crashed: killed by SIGSEGV$/],
    ['fails', 1, /^failed: intended failure$/],
    ['killed', 1, /^crashed: killed by SIGKILL, which tg did not send$/],
    ['out-of-memory', 1, /^crashed: killed by SIG(ABRT|TRAP|ILL); stderr: .*heap out of memory/i],
  ] as const)('%s gets the right verdict: exit %i', async (testCase, code, verdict) => {
    // Without a limit, V8 takes gigabytes.
    const memory = testCase === 'out-of-memory' ? ['--env', 'NODE_OPTIONS=--max-old-space-size=32'] : [];
    const run = await runFault(await someMachine(), testCase, ...memory);
    expect([run.code, ...run.verdicts]).toEqual([code, expect.stringMatching(verdict), passed]);
    expect(run.stdout).toContain(`run ID: ${run.runId}`);
    for (const index of [0, 1])
      expect(outputsIn(run.archive, index)).toEqual([`single/${index}/run.err`, `single/${index}/run.out`]);
  });

  test.each([
    ['succeeds-then-stays', /^timed-out: still running at the timeout; had reported success$/],
    [
      'stopped',
      /^timed-out: still running at the timeout; it was stopped \(SIGSTOP\); last output: about to stop$/,
    ],
    ['ignores-sigterm', /^timed-out: still running at the timeout; last output: no$/],
  ])('%s is ended at the timeout: exit 7', async (testCase, verdict) => {
    const run = await runFault(await someMachine(), testCase, '--timeout', '10s');
    expect([run.code, ...run.verdicts]).toEqual([7, expect.stringMatching(verdict), passed]);
    expect(outputsIn(run.archive, 0)).toHaveLength(2);
    const out = await instanceFile(run.machine, run.runId, 0, 'run.out');
    if (testCase === 'ignores-sigterm') expect(out).toContain('"message":"no"');
  });
});

describe.concurrent('what an instance started ends with it', () => {
  test('grandchildren, in its process group and in others', async () => {
    const run = await runFault(await someMachine(), 'grandchildren');
    expect([run.code, ...run.verdicts]).toEqual([0, passed, passed]);
  });

  test('a daemon that holds its stdout', async () => {
    const run = await runFault(await someMachine(), 'daemonises');
    expect([run.code, ...run.verdicts]).toEqual([0, passed, passed]);
    expect(run.stdout).toMatch(/ended \d+ process(es)? that instances had left behind/);
  });

  test('a storm of processes', async () => {
    const run = await runFault(await someMachine(), 'forks');
    expect([run.code, ...run.verdicts]).toEqual([0, passed, passed]);
  });
});
