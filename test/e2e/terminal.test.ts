import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { type Machine, root, someMachine } from '../support/tg.ts';
import { inTerminal, type Terminal } from '../support/tmux.ts';

/** All 12 instances wait for 13 entries; once the file exists, the first server signals a second time. */
const code = (go: string) => `
const { existsSync } = await import('node:fs');
const { syncClient, groupSeq } = init;
runenv.recordMessage('hello from ' + runenv.testGroupId + ' ' + groupSeq + ' ' + 'and more '.repeat(12) + 'end');
await syncClient.signalEntry('all are there');
if (runenv.testGroupId === 'servers' && groupSeq === 1) {
  while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 20));
  await syncClient.signalEntry('all are there');
}
await syncClient.barrier('all are there', 13);
`;

interface Shown {
  readonly machine: Machine;
  readonly terminal: Terminal;
  readonly go: () => void;
}

/** A run of two groups that waits, in a terminal, which shows its exit status at the end. */
async function running(columns: number, rows: number, { before = '', after = '' } = {}): Promise<Shown> {
  const machine = await someMachine();
  const file = join(machine.cwd, 'go');
  const plan = await sdkPlanWith(code(file));
  writeFileSync(
    join(machine.cwd, 'c.toml'),
    `[global]
plan = ${JSON.stringify(plan)}
case = "t"
builder = "exec:node"
runner = "local:exec"
[[groups]]
id = "servers"
instances = { count = 4 }
[[groups]]
id = "clients"
instances = { count = 8 }
`,
  );
  const run = `${process.execPath} ${root}/bin/tg.js run composition -f c.toml --timeout 5m`;
  const tg = `set -o pipefail; ${before} ${run} ${after}; echo "status $?"`;
  const terminal = await inTerminal(tg, { columns, rows, cwd: machine.cwd, env: machine.env });
  return { machine, terminal, go: () => writeFileSync(file, '') };
}

const waits = /◦ 3 waiting at all are there(?:.|\n)*◦ 8 waiting at all are there/;
const heads = (text: string) => text.split('\n').filter((line) => line.startsWith(' p:t · ')).length;
/** A line of the board, at any moment. */
const boardLine =
  /^ (?:p:t · |servers +[▸◦✓✗·]|clients +[▸◦✓✗·]|all are there +(?:█|░|\d)|(?:servers|clients)\[\d+\] )/m;

describeWith('tmux', 'the board', () => {
  test.each([
    [80, 24],
    [200, 50],
    [40, 12],
  ])('shows where instances wait, at %i×%i, and is gone at the end', async (columns, rows) => {
    const { terminal, go } = await running(columns, rows);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(columns > 40 ? waits : /◦ 8 waiting/);
    const screen = await terminal.screen();
    const lines = screen.split('\n');
    expect(lines.at(lines.findIndex((line) => line.startsWith(' p:t · ')))).toMatch(/^ p:t · [\d.]+s of 5m/);
    expect(screen).toMatch(/^ servers +▸ 1 running/m);
    if (columns > 40) expect(screen).toMatch(/^ all are there +█+░+ +12\/13 +11 wait, [\d.]+s$/m);
    await expect.poll(terminal.screen).toMatch(/CPU \d+ % · \d+ MB/);
    go();
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    const all = await terminal.everything();
    expect(all).not.toMatch(boardLine);
    for (const [group, count] of [
      ['servers', 4],
      ['clients', 8],
    ] as const) {
      for (let seq = 1; seq <= count; seq++) {
        const text = `>> hello from ${group} ${seq} ${'and more '.repeat(12)}end`;
        expect(all.split(text)).toHaveLength(2);
      }
    }
    expect(all).toMatch(/outcome: success; 12 instances: 12 success/);
    expect(await terminal.isAsItWas()).toBe(true);
  });

  test('is there exactly once after each resize, and a printed line is neither lost nor repeated', async () => {
    const { terminal, go } = await running(80, 24);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    const sizes = [
      [200, 50],
      [40, 25],
      [120, 13],
      [30, 50],
      [80, 25],
      [200, 50],
      [80, 24],
    ] as const;
    for (const [columns, rows] of sizes) {
      await terminal.resize(columns, rows);
      await expect.poll(terminal.screen).toMatch(/^ p:t · /m);
      // The time advances once the board is drawn for this size.
      const head = /^ p:t · .*$/m.exec(await terminal.screen())?.[0];
      await expect.poll(terminal.screen).not.toContain(head);
      expect(heads(await terminal.everything())).toBe(1);
    }
    go();
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    const all = await terminal.everything();
    expect(all).not.toMatch(boardLine);
    expect(all.split('>> hello from clients 8 ')).toHaveLength(2);
  });

  test('changes only in synchronized updates, which leave no terminal mode behind', async () => {
    const { machine, terminal, go } = await running(80, 24);
    const record = join(machine.cwd, 'record');
    await terminal.recordTo(record);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    await terminal.resize(60, 20);
    go();
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    await expect.poll(() => readFileSync(record, 'utf8')).toContain('status 0');
    const written = readFileSync(record, 'utf8');
    const [outside = '', ...changes] = written.split('\u001b[?2026h');
    expect(changes.length).toBeGreaterThan(3);
    const between = [outside, ...changes.map((change) => change.split('\u001b[?2026l')[1] ?? 'not ended')];
    // Outside of updates nothing moves the cursor or erases; bash sets bracketed paste (?2004).
    for (const text of between) {
      const left = text
        .split('\u001b')
        .slice(1)
        .filter((rest) => !/^\[(?:[\d;]*m|\?2004[hl])/.test(rest));
      expect(left).toEqual([]);
    }
    expect(written).not.toContain('\u001b[?25l');
    for (const change of changes)
      expect(change.split('\u001b[?7l').length).toBe(change.split('\u001b[?7h').length);
  });

  test('is gone after Ctrl-C, and the terminal is as it was', async () => {
    const { terminal } = await running(80, 24);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    await terminal.press('C-c');
    await expect.poll(terminal.screen).toMatch(/^status 130$/m);
    const all = await terminal.everything();
    expect(all).not.toMatch(boardLine);
    const ending = 'ending the run: interrupted (Ctrl-C); a second signal ends it at once';
    expect(all.split(ending)).toHaveLength(2);
    expect(all).toMatch(/outcome: canceled; 12 instances: 12 canceled/);
    expect(await terminal.isAsItWas()).toBe(true);
  });

  test('disappears at Ctrl-Z, and is back after fg', async () => {
    const { terminal, go } = await running(80, 24);
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    await terminal.press('C-z');
    await expect.poll(terminal.screen).toMatch(/Stopped/);
    expect(await terminal.everything()).not.toMatch(boardLine);
    await terminal.press('fg', 'Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    expect(heads(await terminal.everything())).toBe(1);
    go();
    await expect.poll(terminal.screen).toMatch(/outcome: success/);
    expect(await terminal.everything()).not.toMatch(boardLine);
  });

  test('leaves the terminal as it was if tg is killed', async () => {
    const { terminal, machine } = await running(80, 24, { after: '& echo $! > pid; wait $!' });
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(waits);
    process.kill(Number(readFileSync(join(machine.cwd, 'pid'), 'utf8')), 'SIGKILL');
    await expect.poll(terminal.screen).toMatch(/status 137/);
    expect(await terminal.isAsItWas()).toBe(true);
  });

  test.each([
    ['with -q', { after: '-q' }],
    ['in CI', { before: 'CI=true' }],
    ['on a dumb terminal', { before: 'TERM=dumb' }],
    ['in a pipe', { after: '| cat' }],
  ])('is not drawn %s', async (_, around) => {
    const { terminal, machine, go } = await running(80, 24, around);
    const record = join(machine.cwd, 'record');
    await terminal.recordTo(record);
    go();
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toMatch(/^status 0$/m);
    await expect.poll(() => readFileSync(record, 'utf8')).toContain('status 0');
    const written = readFileSync(record, 'utf8');
    expect(written).toContain('outcome: success; 12 instances: 12 success');
    expect(written).not.toContain('\u001b[?2026h');
  });
});
