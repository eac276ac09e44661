import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { ended, type Machine, onceSaid, single, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

/** A build line that records its start in `begun`, waits for the file `go`, and then runs `end`. */
const counted = (end: string) =>
  `echo $$ >>"$HOME/begun"; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; ${end}`;

const begun = ({ env }: Machine) => {
  const file = join(env['HOME'] ?? '', 'begun');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const letGo = ({ env }: Machine) => writeFileSync(join(env['HOME'] ?? '', 'go'), '');
const workOf = ({ home }: Machine) => readdirSync(join(home, 'data', 'work'));

async function onceBegun(machine: Machine): Promise<void> {
  await until(() => begun(machine).length > 0);
}

const waiting = 'waiting for it';

describe('several runs that need the same build', () => {
  test('build it once; those that wait say for which run', { timeout: 60_000 }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: counted('echo built >built'), run: 'cat built' });
    const first = startTg(machine, single(plan));
    await onceBegun(machine);
    const others = [1, 2, 3, 4].map(() => startTg(machine, single(plan)));
    const said = await Promise.all(others.map((run) => onceSaid(run, waiting)));
    for (const text of said)
      expect(text).toMatch(
        /INFO\tthe same build is being made by run \w{20} \(process \d+\): waiting for it/,
      );
    letGo(machine);
    for (const run of [first, ...others]) expect(ended(await run)).toMatchObject({ code: 0, stderr: '' });
    expect(begun(machine)).toHaveLength(1);
    expect(workOf(machine)).toHaveLength(1);
  });

  test('all report the error of the single build that failed; the next run builds again', {
    timeout: 60_000,
  }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: counted('echo "main.x:3: oh no"; exit 9'), run: 'true' });
    const first = startTg(machine, single(plan));
    await onceBegun(machine);
    const others = [1, 2, 3, 4].map(() => startTg(machine, single(plan)));
    await Promise.all(others.map((run) => onceSaid(run, waiting)));
    letGo(machine);
    const ends = (await Promise.all([first, ...others])).map(ended);
    expect(ends.map(({ code }) => code)).toEqual([4, 4, 4, 4, 4]);
    expect(new Set(ends.map(({ stderr }) => stderr)).size).toBe(1);
    expect(ends[0]?.stderr).toContain('main.x:3: oh no');
    expect(begun(machine)).toHaveLength(1);
    expect(workOf(machine)).toEqual([]);
    expect((await tg(machine, single(plan))).code).toBe(4);
    expect(begun(machine)).toHaveLength(2);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'build it once more if %s ends the run that was building it',
    { timeout: 60_000 },
    async (signal) => {
      const machine = await someMachine();
      const plan = await genericPlan({ build: counted('echo built >built'), run: 'cat built' });
      const first = startTg(machine, single(plan));
      await onceBegun(machine);
      const others = [1, 2].map(() => startTg(machine, single(plan)));
      await Promise.all(others.map((run) => onceSaid(run, waiting)));
      first.kill(signal);
      await first;
      await until(() => begun(machine).length >= 2);
      letGo(machine);
      for (const run of others) expect(ended(await run).code).toBe(0);
      expect(begun(machine)).toHaveLength(2);
      expect(workOf(machine)).toHaveLength(1);
    },
  );
});

describe('a run that waits for the build of another run', () => {
  test('ends at Ctrl-C or at its timeout, and the build continues', { timeout: 60_000 }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: counted('true'), run: 'true' });
    const first = startTg(machine, single(plan));
    await onceBegun(machine);
    const other = startTg(machine, single(plan));
    await onceSaid(other, waiting);
    other.kill('SIGINT');
    expect((await other).exitCode).toBe(130);
    expect((await tg(machine, single(plan, '--timeout', '1s'))).code).toBe(7);
    letGo(machine);
    expect((await first).exitCode).toBe(0);
    expect(begun(machine)).toHaveLength(1);
  });

  test('runs the sources from its start; a run started after they change builds its own', {
    timeout: 60_000,
  }, async () => {
    const machine = await someMachine();
    const plan = await genericPlan({ build: counted('true'), run: 'cat word' }, { word: 'one' });
    const first = startTg(machine, single(plan));
    await onceBegun(machine);
    const other = startTg(machine, single(plan));
    await onceSaid(other, waiting);
    await writeFile(join(plan, 'word'), 'two');
    const third = startTg(machine, single(plan));
    await until(() => begun(machine).length >= 2);
    letGo(machine);
    const runs = (await Promise.all([first, other, third])).map(ended);
    expect(
      runs.map(({ code, stdout }) => [
        code,
        /single\[000\] >> (\w+)/.exec(stdout)?.[1],
        stdout.includes(waiting),
      ]),
    ).toEqual([
      [0, 'one', false],
      [0, 'one', true],
      [0, 'two', false],
    ]);
    const [own, shared, another] = runs.map(({ stdout }) => /"artifact": "([^"]+)"/.exec(stdout)?.[1]);
    expect([shared, begun(machine).length]).toEqual([own, 2]);
    expect(workOf(machine).sort()).toEqual([own, another].sort());
  });
});

describe('a slow build', () => {
  test('is reported as a line and as an event, but not with --quiet', { timeout: 60_000 }, async () => {
    const machine = await someMachine();
    const [plain, json, quiet] = await Promise.all(
      ['a', 'b', 'c'].map((word) =>
        genericPlan({ build: `echo stage ${word}; ${counted('true')}`, run: 'true' }),
      ),
    );
    const runs = [
      startTg(machine, single(plain ?? '')),
      startTg(machine, single(json ?? '', '--json')),
      startTg(machine, single(quiet ?? '', '--quiet')),
    ] as const;
    expect(await onceSaid(runs[0], 'still building')).toMatch(
      /INFO\tstill building \(exec:generic, \ds\): stage a\n/,
    );
    expect(await onceSaid(runs[1], '"building"')).toContain('"builder":"exec:generic","groups":["single"]');
    letGo(machine);
    for (const run of runs) expect((await run).exitCode).toBe(0);
    expect((await runs[2]).stdout).not.toContain('building');
  });
});
