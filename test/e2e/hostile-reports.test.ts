import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

/** Characters that a terminal may obey. */
const obeyed = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test('no output or report has control characters, formulas in CSV or GitHub workflow commands from the plan', async () => {
  const machine = await someMachine({ GITHUB_ACTIONS: 'true' });
  const summary = join(machine.cwd, 'summary.md');
  Object.assign(machine.env, { GITHUB_STEP_SUMMARY: summary });
  const plan = await sdkPlanWith(
    String.raw`
      const odd = '\u001b[31m\u0000\u009b2J\u202e%0A\r\n::add-mask::foo\n##[error]bar\u007f';
      runenv.recordMessage(odd);
      console.log('  ::stop-commands::x');
      console.error(odd);
      runenv.R().recordPoint('=' + odd, 1);
      throw new Error(odd);
    `,
    { manifest: '' },
  );
  const files = ['--junit', 'j.xml', '-O', 'r.csv'];
  const run = await tg(machine, single(plan, ...files));
  expect(run.code).toBe(1);
  const json = await tg(machine, single(plan, '--json'));
  const { runId } = run;
  const texts = [
    ...['j.xml', 'r.csv', 'summary.md'].map((name) => readFileSync(join(machine.cwd, name), 'utf8')),
    ...[run.stdout, run.stderr, json.stdout, json.stderr],
  ];
  for (const args of [
    ...[
      ['status', runId, '--extended'],
      ['status', runId, '--json'],
      ['tasks', '--json'],
      ['why', runId],
    ],
    ...[
      ['why', runId, '--json'],
      ['logs', runId],
      ['metrics', runId, '--csv'],
      ['metrics', runId, '--json'],
    ],
    ['compare', runId, json.runId || 'latest', '--json'],
  ]) {
    const { stdout, stderr } = await tg(machine, args);
    texts.push(stdout, stderr);
  }
  for (const text of texts) expect(text).not.toMatch(obeyed);
  const printed = [run.stdout, run.stderr, json.stdout, json.stderr].join('').split('\n');
  const found = printed.filter((line) => line.trimStart().startsWith('::') || line.includes('##['));
  const groups = /^::(?:group::(?:build p with exec:node|run p:t, 1 instance, ID \w+)|endgroup::)$/;
  expect(found.filter((line) => groups.test(line))).toHaveLength(4);
  const commands = found.filter((line) => !groups.test(line));
  // Annotations of the cause and of the run, from each of the two runs.
  expect(commands.map((line) => line.replace(/::[^:]*$/, ''))).toHaveLength(4);
  for (const line of commands) expect(line).toMatch(/^::error title=p t%3A [^:]*::/);
  expect(commands[0]).toContain('%250A');
  for (const flag of [['--csv'], ['--format', 'csv']]) {
    const { stdout: table } = await tg(machine, ['metrics', runId, ...flag, '-n', '=*']);
    expect(table).toMatch(/(?:^|,)"?'=/m);
    expect(table).not.toMatch(/(?:^|,)"?[=+@]/m);
  }
  expect(readFileSync(join(machine.cwd, 'r.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
});
