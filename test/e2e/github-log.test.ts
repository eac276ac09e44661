import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

/** The log of GitHub Actions: the title of each group with its lines, and the lines outside of groups. */
function folded(text: string) {
  const groups: { readonly title: string; readonly lines: string[] }[] = [];
  const outside: string[] = [];
  let lines = outside;
  for (const line of text.trimEnd().split('\n')) {
    const [, title] = /^::group::(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      expect(lines, 'groups do not nest').toBe(outside);
      lines = [];
      groups.push({ title, lines });
    } else if (line === '::endgroup::') {
      expect(lines).not.toBe(outside);
      lines = outside;
    } else lines.push(line);
  }
  expect(lines).toBe(outside);
  return { groups, outside: outside.join('\n') };
}

const github = { GITHUB_ACTIONS: 'true', CI: 'true' };
const fails = `
console.log('a line of output');
runenv.recordMessage('hello');
throw new Error('no luck');`;

describe.concurrent('on GitHub Actions', () => {
  test('builds and the output of a run are folded, and its causes are not', async ({ expect }) => {
    const { code, stdout, runId } = await tg(await someMachine(github), single(await sdkPlanWith(fails)));
    expect(code).toBe(1);
    const { groups, outside } = folded(stdout);
    expect(groups.map(({ title }) => title)).toEqual([
      'build p with exec:node',
      `run p:t, 1 instance, ID ${runId}`,
    ]);
    const [build, run] = groups.map(({ lines }) => lines.join('\n'));
    expect(build).toContain('build succeeded');
    expect(run).toMatch(/starting run(?:.|\n)*a line of output(?:.|\n)*FAIL << single\[000\] >> no luck/);
    expect(outside).not.toMatch(/ << single\[000\] >> /);
    expect(outside).toMatch(
      /run is queued with ID(?:.|\n)*WARN\tsingle\[000\] failed: no luck(?:.|\n)*outcome: failure/,
    );
    expect(outside).toMatch(/^::error title=/m);
  });

  test('each run of a series has a group, and their results are outside', async ({ expect }) => {
    const plan = await sdkPlanWith(`runenv.recordMessage('here')`);
    const args = single(plan, '--repeat', '3');
    const { code, stdout } = await tg(await someMachine(github), args);
    expect(code).toBe(0);
    const { groups, outside } = folded(stdout);
    const runs = groups.filter(({ title }) => title.startsWith('run p:t'));
    expect(runs.map(({ lines }) => lines.filter((line) => line.includes('>> here')).length)).toEqual([
      1, 1, 1,
    ]);
    expect(outside).toMatch(/>>> Results:(?:.|\n)*result default\[/);
  });

  test('a build that fails has its error outside of its group', async ({ expect }) => {
    const machine = await someMachine(github);
    const { code, stdout, stderr } = await tg(machine, ['build', 'single', await planWith('const x = ;')]);
    expect(code).toBe(4);
    expect(folded(stdout).groups.map(({ title }) => title)).toEqual(['build p with exec:node']);
    expect(stderr).toMatch(/^error: /);
  });

  test('what an instance prints cannot begin or end a group', async ({ expect }) => {
    const plan = await planWith(`console.log('::endgroup::'); console.log('  ::group::mine');
console.log('##[endgroup]\\n##[group]mine'); process.exit(1);`);
    const { stdout, runId } = await tg(await someMachine(github), single(plan));
    const { groups } = folded(stdout);
    expect(groups.map(({ title }) => title)).toEqual([
      'build p with exec:node',
      `run p:t, 1 instance, ID ${runId}`,
    ]);
    expect(stdout).toContain('>> ::endgroup::');
    expect(stdout).not.toContain('##[');
    expect(stdout).not.toMatch(/^\s+::/m);
  });

  test.each([
    ['with --json', 'tg', ['--json']],
    ['with an archive on stdout', 'tg', ['-o', '-']],
    ['with -q', 'tg', ['-q']],
    ['under the name testground', 'testground', []],
  ] as const)('nothing is folded %s', async (_, name, more) => {
    const plan = await sdkPlanWith(fails);
    const { all } = await tg(await someMachine(github), single(plan, ...more), name);
    expect(all).not.toContain('::group::');
    expect(all).not.toContain('::endgroup::');
  });
});

test('elsewhere nothing is folded', async () => {
  const { all } = await tg(await someMachine({ CI: 'true' }), single(await sdkPlanWith(fails)));
  expect(all).not.toContain('::group::');
});
