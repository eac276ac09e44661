import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compatPlan, linesOf } from '../support/compat.ts';
import { describeWith } from '../support/needs.ts';
import { type Machine, someMachine, tg, warningsIn } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

const composition = join(compatPlan, '..', 'pauses.toml');
const groups = ['go011', 'go021', 'go023', 'go025', 'go027'];

describeWith('go', 'a run of minutes with SDKs that speak to a Redis (sdk-go before 0.3)', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await someMachine(toolchainEnv());
    const { code, all } = await tg(machine, ['build', 'composition', '-f', composition]);
    expect([code, all]).toEqual([0, expect.stringContaining('generated build artifact')]);
  }, 600_000);

  test('loses no message in a pause, and reports a pause with its length', { timeout: 400_000 }, async () => {
    const { code, runId, stdout } = await tg(machine, [
      ...['run', 'composition', '-f', composition, '--timeout', '5m', '--stall-after', '31s'],
    ]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('10 instances: 10 success')]);
    const heard = new Set<string>();
    for (const group of groups) {
      for (const index of [0, 1]) {
        const lines = await linesOf(machine, runId, group, index, 'run.out');
        const rounds = lines.flatMap(
          (line) => /"after .* s: published \d+, heard ([^"]*), in/.exec(line)?.[1] ?? [],
        );
        expect(rounds).toHaveLength(2);
        heard.add(rounds.join('\n'));
      }
    }
    // All instances hear the same messages in the same order.
    expect([...heard]).toHaveLength(1);
    const stalls = [...stdout.matchAll(/no progress in the last (\S+)/g)].map(([, time]) => time);
    expect(stalls).toEqual(['31.0s', '1m2s', '2m4s'].map((time) => expect.stringMatching(near(time))));
    const warnings = warningsIn(stdout);
    expect(warnings.filter((line) => line.includes('sync service: '))).toEqual([]);
  });
});

/** Matches the beginning of a time: tg looks for stalls ten times a second. */
function near(time: string): RegExp {
  return new RegExp(`^${time.replace(/\.?\d?s$/, '')}`);
}
