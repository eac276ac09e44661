import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/data.ts';
import { genericPlan } from '../support/generic-plan.ts';
import { type Ended, type Machine, outputsOf, single, someMachine, tg } from '../support/tg.ts';

/** Keeps one processor busy for five seconds. */
const burn = `end=$(( $(date +%s) + 6 ))
while [ $(date +%s) -lt $end ]; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; done
`;

describe('a run whose instances keep every processor busy', () => {
  let machine: Machine;
  let run: Ended;
  const warning = /the machine was saturated for \d+ % of the run: latencies may be the machine's/g;
  beforeAll(async () => {
    machine = await someMachine();
    const plan = await genericPlan({ run: 'sh burn.sh' }, { 'burn.sh': burn });
    run = await tg(machine, single(plan, '-i', String(Math.min(200, availableParallelism()))));
  });

  test('warns once, after its verdicts, that the machine was saturated', () => {
    expect(run.code).toBe(0);
    expect(run.stdout.match(warning)).toHaveLength(1);
    expect(run.stdout).toMatch(/WARN\tthe machine was saturated.*\n.*run finished with outcome success/);
  });

  test('has it in result.json, tg why and the report, with the usage of its group', async () => {
    const dir = await outputsOf(machine, run.runId);
    const result = JSON.parse(await readFile(join(dir, 'result.json'), 'utf8'));
    expect(result.machine).toMatchObject({ saturated: true, reason: expect.stringMatching(/95 % busy for/) });
    const why = await tg(machine, ['why', run.runId]);
    expect(why.stdout.match(warning)).toHaveLength(1);
    expect(why.stdout).toContain(`\n  ${result.machine.reason}\n`);
    expect(JSON.parse((await tg(machine, ['why', '--json', run.runId])).stdout).machine).toEqual(
      result.machine,
    );
    const page = await tg(machine, ['report', run.runId, '-o', '-']);
    const [, data = 'null'] =
      /<script type="application\/json" id="data">(.*)<\/script>/.exec(page.stdout) ?? [];
    const its: Report = JSON.parse(data);
    if (its.kind !== 'run' || its.machine === null) throw new Error('the report has no machine');
    expect(its.machine.warning).toMatch(warning);
    expect(its.machine.cpu.length).toBeGreaterThanOrEqual(4);
    expect(its.machine.groups.map(({ group }) => group)).toEqual([0]);
    expect(Math.max(...its.machine.groups.flatMap(({ bytes }) => bytes.map(Number)))).toBeGreaterThan(1e5);
  });
});
