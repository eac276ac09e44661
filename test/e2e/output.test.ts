import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { planWith } from '../support/plans.ts';
import { entriesOf, root, single, someMachine, tg } from '../support/tg.ts';

const golden = (name: string) => readFile(new URL(`../golden/cli/${name}`, import.meta.url), 'utf8');
/** The instance lines of an output, as `CLASS << tag >> text`, without those that only the Go SDK prints. */
function instanceLines(output: string): string[] {
  const lines = [...output.matchAll(/\tINFO\t\d+\.\d{4}s +([A-Z]+) (<< .+? >>) ?(.*)$/gm)];
  return lines
    .filter(
      ([, lineClass, , text]) =>
        lineClass !== 'ERROR' && !text?.startsWith('registering default http handler'),
    )
    .map(([, lineClass, tag, text = '']) => `${lineClass} ${tag} ${lineClass === 'START' ? '{…}' : text}`);
}

describe.concurrent('tg called as testground, compared with recordings', () => {
  test('prints the same instance lines for the case output', async () => {
    const { stdout } = await tg(await someMachine(), single('example', '-t', 'output'), 'testground');
    expect(instanceLines(stdout)).toEqual(instanceLines(await golden('run-success-1.txt')));
  });

  test('prints the same lines for each instance of the case failure', async () => {
    const { stdout } = await tg(
      await someMachine(),
      single('example', '-t', 'failure', '-i', '2'),
      'testground',
    );
    // The order between instances is chance.
    const sorted = (output: string) =>
      instanceLines(output)
        .map((line) => line.replace(/=\d/g, '=n'))
        .sort();
    expect(sorted(stdout)).toEqual(sorted(await golden('run-failure.txt')));
  });

  test('prints the same lines up to the crash for the case panic', async () => {
    const { stdout } = await tg(await someMachine(), single('example', '-t', 'panic'), 'testground');
    const upTo = (lines: string[]) =>
      lines.slice(
        0,
        lines.findIndex((line) => line.startsWith('CRASH')),
      );
    expect(upTo(instanceLines(stdout))).toEqual(upTo(instanceLines(await golden('run-panic.txt'))));
    expect(stdout).toMatch(
      / {6}CRASH << single\[000\] >> intentional panic\n {4}Error: intentional panic\n {8}at /,
    );
  });

  test('prints the same lines in the same order for leader and follower of the case sync', async () => {
    const { stdout } = await tg(
      await someMachine(),
      single('example', '-t', 'sync', '-i', '2'),
      'testground',
    );
    const story = (output: string, leads: boolean) => {
      const lines = instanceLines(output).map((line) =>
        line.replace(/\d seconds/, 'n seconds').replace(/=\d/g, '=n'),
      );
      const leader = /(<< .+? >>) i'm the leader/.exec(output)?.[1] ?? '';
      return lines
        .filter((line) => line.includes(leader) === leads)
        .map((line) => line.replace(/<< .+? >>/, ''));
    };
    const real = await golden('sync-2.txt');
    for (const leads of [true, false]) expect(story(stdout, leads)).toEqual(story(real, leads));
  });

  test('prints each line that scripts extract with awk once', async () => {
    const machine = await someMachine();
    const { stdout } = await tg(machine, single('example', '-t', 'output', '--collect'), 'testground');
    const awk = async (program: string) => (await execa('awk', [program], { input: stdout })).stdout;
    const runId = await awk('/run is queued with ID/ { print $10 }');
    expect(runId).toMatch(/^[0-9a-v]{20}$/);
    expect(await awk('/finished run with ID/ { print $9 }')).toBe(runId);
    expect(await awk('/created file/ { print $7 }')).toBe(`${runId}.tgz`);
    expect(stdout).toMatch(/^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6}\tINFO\t/);
    expect(stdout).toContain('\n\n>>> Result:\n\n');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`\\tresult default\\[${runId}\\]: success$`),
    );
  });

  test('describes and lists plans in the same form', async () => {
    const machine = await someMachine();
    const { stdout } = await tg(machine, ['describe', '--plan', 'example']);
    const real = await golden('describe.txt');
    const shape = real
      .slice(real.indexOf('This test plan'), real.indexOf('- Test case: params'))
      .replace(/\[.*\]/g, '[]');
    expect(stdout.replace(/\[.*\]/g, '[]').replace('has 8 test cases', 'has 7 test cases')).toContain(shape);
    expect(stdout).toContain('    param2 | int | some param 2 | widgets | default: 2\n');
    const list = (await tg(machine, ['plan', 'list'])).stdout;
    const realList = (await golden('plan-import-list.txt'))
      .split('\n')
      .filter((line) => /^example {4}\w/.test(line));
    for (const line of realList) expect(list).toContain(`${line.replace(/ +/, ' ')}\n`);
  });
});

describe.concurrent('the output of a run', () => {
  test('has no colours and no live line if it is not a terminal', async () => {
    const { all } = await tg(await someMachine(), single('example', '-t', 'output'));
    expect(all).not.toContain('\u001b');
  });

  test('has colours with FORCE_COLOR, unless NO_COLOR is set too', async () => {
    const forced = await tg(await someMachine({ FORCE_COLOR: '1' }), single('example', '-t', 'output'));
    expect(forced.stdout).toContain('\u001b[');
    const both = await tg(
      await someMachine({ FORCE_COLOR: '1', NO_COLOR: '1' }),
      single('example', '-t', 'output'),
    );
    expect(both.all).not.toContain('\u001b');
  });

  test('has only failures and the result with --quiet', async ({ expect }) => {
    const machine = await someMachine();
    const good = await tg(machine, single('example', '-t', 'output', '--quiet'));
    expect(good.stdout.replace(/^.*\t/gm, '').replaceAll(good.runId, 'ID')).toMatchInlineSnapshot(`
      "run is queued with ID: ID

      >>> Result:

      finished run with ID: ID
      outcome: success; 1 instance: 1 success; run ID: ID
      result default[ID]: success
      "
    `);
    const bad = await tg(machine, single('example', '-t', 'failure', '--quiet'));
    expect(instanceLines(bad.stdout)).toEqual(['FAIL << single[000] >> intentional oops']);
  });

  test('can lose its reader: the run passes and its outputs are packed', async () => {
    const machine = await someMachine();
    const plan = await planWith('for (let n = 0; n < 20_000; n++) console.log("line", n)');
    const command = `${process.execPath} ${root}/bin/tg.js run single -p ${plan} --collect | head -1`;
    const { stdout } = await execa('bash', ['-o', 'pipefail', '-c', command], {
      cwd: machine.cwd,
      env: machine.env,
      extendEnv: false,
    });
    expect(stdout).toContain('using home directory');
    const [archive = ''] = (await execa('ls', { cwd: machine.cwd })).stdout.split('\n');
    expect(await entriesOf(`${machine.cwd}/${archive}`)).toContain(
      `${archive.slice(0, -4)}/single/0/run.out`,
    );
  });

  test('reaches a slow reader without losing a line', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      'import { writeSync } from "node:fs"; const block = ("x".repeat(99) + "\\n").repeat(1_000); for (let n = 0; n < 400; n++) writeSync(1, block);',
    );
    const command = `${process.execPath} ${root}/bin/tg.js run single -p ${plan} --verbose | { sleep 1; grep -c 'OTHER <<'; }`;
    const run = await execa('bash', ['-c', command], {
      cwd: machine.cwd,
      env: machine.env,
      extendEnv: false,
      reject: false,
    });
    expect(run.stdout).toBe('400000');
  });
});

describeWith('script', 'the output of a run on a terminal', () => {
  const onTerminal = async (size: string) => {
    const machine = await someMachine({ TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' });
    const command = `${size}; ${process.execPath} ${root}/bin/tg.js run single -p example -t metrics -i 2 --tp duration=1s`;
    return await execa('script', ['-qec', command, '/dev/null'], {
      cwd: machine.cwd,
      env: machine.env,
      extendEnv: false,
      stdin: 'ignore',
    });
  };

  test('has colours, and a board with counts and time that is cleared at the end', async () => {
    const { stdout } = await onTerminal('stty cols 120 rows 30');
    expect(stdout).toContain('\u001b[');
    expect(stdout).toMatch(/example:metrics.* · [\d.]+s/);
    expect(stripVTControlCharacters(stdout)).toMatch(/single {2}▸ 2 running/);
    expect(stdout).toMatch(/MESSAGE.*<< .*single\[001\]/);
    // The board is not drawn again after the outcome.
    expect(stdout.lastIndexOf('▸')).not.toBe(-1);
    expect(stdout.lastIndexOf('▸')).toBeLessThan(stdout.lastIndexOf('outcome: success'));
  });

  test('has no board if the terminal has no size', async () => {
    const { stdout } = await onTerminal('stty cols 0 rows 0');
    expect(stdout).not.toContain('▸');
    expect(stdout).toContain('run finished with outcome');
  });
});
