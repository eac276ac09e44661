import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { describeWith } from '../support/needs.ts';
import { planWith } from '../support/plans.ts';
import { type Machine, root, single, someMachine, tg } from '../support/tg.ts';
import { inTerminal, type Terminal } from '../support/tmux.ts';

/** A frame of ora's spinner at the beginning of a line. */
const spinner = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /gm;
const spinnersIn = (text: string) => (text.match(spinner) ?? []).length;

interface Around {
  readonly before?: string;
  readonly after?: string;
  readonly columns?: number;
  readonly name?: 'tg' | 'testground';
}

/** A shell in a terminal, with a command of tg typed that shows its exit status at the end. */
async function typed(
  machine: Machine,
  args: readonly string[],
  { before = '', after = '', columns = 80, name = 'tg' }: Around = {},
): Promise<Terminal> {
  const command = [process.execPath, join(root, 'bin', `${name}.js`), ...args].join(' ');
  const line = `set -o pipefail; ${before} ${command} ${after}; echo "status $?"`;
  return await inTerminal(line, { columns, rows: 24, cwd: machine.cwd, env: machine.env });
}

/** A plan whose build lasts until the file `go` exists in the working directory of the machine. */
function slowToBuild({ cwd }: Machine): Promise<string> {
  const build = `echo stage a; while [ ! -e '${join(cwd, 'go')}' ]; do sleep 0.05; done`;
  return genericPlan({ build, run: 'true' });
}

describeWith('tmux', 'the spinner', () => {
  test('shows a build that lasts with its step and the elapsed time, and is gone afterwards', async () => {
    const machine = await someMachine();
    const terminal = await typed(machine, single(await slowToBuild(machine)));
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] building p with exec:generic, 1s: stage a$/m);
    await expect.poll(terminal.screen).toMatch(/exec:generic, 2s: stage a$/m);
    expect(spinnersIn(await terminal.everything())).toBe(1);
    writeFileSync(join(machine.cwd, 'go'), '');
    await expect.poll(terminal.screen).toMatch(/^status/m);
    const all = await terminal.everything();
    expect(spinnersIn(all)).toBe(0);
    expect(all).toMatch(/build succeeded/);
    expect(await terminal.isAsItWas()).toBe(true);
  });

  test('fits a narrow terminal, and one that becomes narrower', async () => {
    const machine = await someMachine();
    const terminal = await typed(machine, ['build', 'single', await slowToBuild(machine)], { columns: 60 });
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/building p with exec:generic, \ds: stage a$/m);
    await terminal.resize(24, 24);
    await expect.poll(terminal.screen).toMatch(/^. building p with exe…$/m);
    expect(spinnersIn(await terminal.everything())).toBe(1);
    writeFileSync(join(machine.cwd, 'go'), '');
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    expect(spinnersIn(await terminal.everything())).toBe(0);
  });

  test('is gone after Ctrl-C, and the cursor was visible all the time', async () => {
    const machine = await someMachine();
    const terminal = await typed(machine, ['build', 'single', await slowToBuild(machine)]);
    const record = join(machine.cwd, 'record');
    await terminal.recordTo(record);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/building p with exec:generic/);
    await terminal.press('C-c');
    await expect.poll(terminal.screen).toMatch(/^status 130$/m);
    expect(spinnersIn(await terminal.everything())).toBe(0);
    expect(await terminal.isAsItWas()).toBe(true);
    await expect.poll(() => readFileSync(record, 'utf8')).toContain('status 130');
    expect(readFileSync(record, 'utf8')).not.toContain('\u001b[?25l');
  });

  test.each([
    ['', true],
    ['NO_COLOR=1', false],
  ])('is coloured unless NO_COLOR asks for no colour (%s)', async (before, coloured) => {
    const machine = await someMachine();
    const terminal = await typed(machine, ['build', 'single', await slowToBuild(machine)], { before });
    const record = join(machine.cwd, 'record');
    await terminal.recordTo(record);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/building p with exec:generic/);
    const written = readFileSync(record, 'utf8');
    expect(/\[36m[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(written)).toBe(coloured);
    expect(/\[[\d;]+m[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(written)).toBe(coloured);
    writeFileSync(join(machine.cwd, 'go'), '');
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
  });

  test('shows how much is collected while the reader of the archive is slow', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      `const { randomBytes } = await import('node:crypto');
for (let n = 0; n < 30; n++) process.stdout.write(randomBytes(750_000).toString('base64') + '\\n');`,
    );
    await tg(machine, single(plan, '-q'));
    const [pipe, go] = [join(machine.cwd, 'pipe'), join(machine.cwd, 'go')];
    await execa('mkfifo', [pipe]);
    const reader = spawn('sh', ['-c', `exec <'${pipe}'; while [ ! -e '${go}' ]; do sleep 0.05; done; wc -c`]);
    const ended = new Promise((resolve) => reader.on('close', resolve));
    const terminal = await typed(machine, ['collect', 'latest', '-o', 'pipe']);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] collecting, \d+ MB, \ds$/m);
    writeFileSync(go, '');
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    const all = await terminal.everything();
    expect(all).toMatch(/created file: pipe/);
    expect(spinnersIn(all)).toBe(0);
    await ended;
  });

  test.each<[string, Around]>([
    ['with -q', { after: '-q' }],
    ['with --json', { after: '--json' }],
    ['in CI', { before: 'CI=true' }],
    ['in a pipe', { after: '| cat' }],
    ['under the name testground', { name: 'testground' }],
  ])('is not drawn %s', async (_, around) => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: 'sleep 2', run: 'true' });
    const terminal = await typed(machine, single(plan), around);
    const record = join(machine.cwd, 'record');
    await terminal.recordTo(record);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/^status \d+$/m);
    await expect.poll(() => readFileSync(record, 'utf8')).toContain('status ');
    expect(readFileSync(record, 'utf8')).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });
});
