import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { type Machine, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';

const hour = 3_600_000;

/** Shifts the times in a run’s journal, as if the clock had been set since. @param by the hours to add to a record. */
function move(dir: string, by: (record: number, of: number) => number): void {
  const file = join(dir, 'journal.ndjson');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const moved = lines.map((line, place) => {
    const { at, ...rest } = JSON.parse(line);
    return JSON.stringify({
      at: new Date(Date.parse(at) + hour * by(place, lines.length)).toISOString(),
      ...rest,
    });
  });
  writeFileSync(file, `${moved.join('\n')}\n`);
}

/** The output of the commands that show durations of a run. */
async function durationsOf(machine: Machine, runId: string): Promise<string> {
  const said = await Promise.all(
    [['tasks'], ['status', runId], ['why', runId], ['why', runId, '--json'], ['logs', runId]].map((args) =>
      tg(machine, args),
    ),
  );
  for (const { code } of said) expect(code).toBe(0);
  return said.map(({ stdout }) => stdout).join('');
}

/** All times and durations in the data of a report. */
async function numbersOf(machine: Machine, runId: string): Promise<number[]> {
  const { stdout } = await tg(machine, ['report', runId, '-o', '-']);
  const numbers: number[] = [];
  const [, json = ''] = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(stdout) ?? [];
  const { log, stages, waits, instances, about } = JSON.parse(json, (_, value) => value);
  numbers.push(about.tookMs, ...log.at);
  for (const { from, to } of [...stages, ...waits, ...instances]) {
    if (from !== null) numbers.push(from);
    if (to !== null) numbers.push(to - from);
  }
  return numbers;
}

const negative = /(?<![\w\d:-])-\d+(\.\d+)?(ms|s|m|h)\b/;

describe.concurrent('no duration is negative', () => {
  test.each([
    ['all its times are in the future', () => 1],
    ['its times go backwards', (record: number, of: number) => -record / of],
    ['the clock was set back after its first record', (record: number) => (record === 0 ? 1 : 0)],
  ])('in a run that has ended, if %s', async (_, by) => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(`
      runenv.recordStart();
      await init.syncClient.signalAndWait('there', 2);
    `);
    const { runId } = await tg(machine, single(plan, '-i', '2'));
    const dir = await outputsOf(machine, runId);
    const check = async () => {
      const said = await durationsOf(machine, runId);
      expect(said).not.toMatch(negative);
      const [, created = '', updated = ''] = /Created:\t(.*?)\n.*Last update:\t(.*?)\n/s.exec(said) ?? [];
      expect(updated >= created).toBe(true);
      expect((await numbersOf(machine, runId)).filter((number) => !(number >= 0))).toEqual([]);
    };
    move(dir, by);
    await check();
    rmSync(join(dir, 'result.json'));
    await check();
  });

  test('in a run in progress, if all its times are in the future', async () => {
    const machine = await someMachine();
    const run = startTg(machine, single(await planWith('console.log("on"); setInterval(() => {}, 1e6);')));
    const runId = await new Promise<string>((resolve) => {
      let said = '';
      run.stdout.on('data', (piece) => {
        said += String(piece);
        if (said.includes('>> on')) resolve(/run is queued with ID: (\S+)/.exec(said)?.[1] ?? '');
      });
    });
    move(await outputsOf(machine, runId), () => 1);
    const said = await durationsOf(machine, runId);
    expect(said).not.toMatch(negative);
    expect(said).toMatch(/\b0ms\s+processing/);
    expect((await numbersOf(machine, runId)).filter((number) => !(number >= 0))).toEqual([]);
    run.kill('SIGTERM');
    await run;
  });

  test('in a run with an instance whose clock is an hour behind and jumps back', async () => {
    const machine = await someMachine();
    const event = (type: object, ms: number) => JSON.stringify({ ts: ms * 1e6, event: type });
    const plan = await planWith(`
      const at = Date.now() - ${hour};
      for (const [type, ms] of [[{ stage_start_event: { name: 's' } }, at], [{ stage_end_event: { name: 's' } }, at - 5000]])
        console.log((${String(event)})(type, ms));
    `);
    const { runId, stdout } = await tg(machine, single(plan, '--junit', 'j.xml'));
    expect(stdout).not.toMatch(negative);
    expect(readFileSync(join(machine.cwd, 'j.xml'), 'utf8')).not.toContain('="-');
    expect((await numbersOf(machine, runId)).filter((number) => !(number >= 0))).toEqual([]);
  });
});
