import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { type Machine, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';

const hour = 3_600_000;

/** Moves the times of a run's journal, as if the clock had been set back since. @param by the part of an hour of each record. */
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

/** What tg says of a run, wherever it says how long something took. */
async function durationsOf(machine: Machine, runId: string): Promise<string> {
  const said = await Promise.all(
    [['tasks'], ['status', runId], ['why', runId], ['why', runId, '--json'], ['logs', runId]].map((args) =>
      tg(machine, args),
    ),
  );
  for (const { code } of said) expect(code).toBe(0);
  return said.map(({ stdout }) => stdout).join('');
}

/** All numbers in the data of a report. */
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

describe.concurrent('a clock that was set back since makes no duration negative', () => {
  test.each([
    ['all of it is of the future', () => 1],
    ['it goes back step by step', (record: number, of: number) => -record / of],
    ['it was set back once it had begun', (record: number) => (record === 0 ? 1 : 0)],
  ])('of a run that has ended: %s', async (_, by) => {
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

  test('of one that goes on', async () => {
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

  test('an instance whose clock is an hour behind', async () => {
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
