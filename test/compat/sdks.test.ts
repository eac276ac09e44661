import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  compatPlan,
  goldenFile,
  goldenShape,
  linesOf,
  outcomesOf,
  sdks,
  shapeOf,
} from '../support/compat.ts';
import { describeWith } from '../support/needs.ts';
import { type Ended, type Machine, outputsOf, resultOf, single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

/** Cells of docs/compatibility.md: what each published SDK does when tg runs it. */

let machine: Machine;
beforeAll(async () => {
  // One home for all tests, so that they share builds.
  machine = await someMachine(toolchainEnv());
});

/** The points that each SDK sends as metrics (undefined for none), and its verdict after a panic. */
const traits: Readonly<Record<string, { readonly metrics: RegExp | undefined; readonly panic: RegExp }>> = {
  // Its metrics are events.
  'sdk-go 0.1.1': { metrics: undefined, panic: /^failed: out of order/ },
  'sdk-go 0.2.1': {
    metrics: /^results,.*run=\w{20} temperature\\,place\\=here\.point\.value=2[012] \d{19}$/,
    panic: /^crashed: /,
  },
  'sdk-js 0.1.2': { metrics: undefined, panic: /^failed: exited with status 1; stderr: .*out of order/ },
  'sdk-rust 0.4.0': {
    metrics: /^temperature,place=here value=2[012] 1700000000000000000$/,
    panic: /^failed: exited with status 101; stderr: .*/,
  },
  'testground-tg/sdk': { metrics: undefined, panic: /^crashed: .*out of order/ },
  tg_sdk: { metrics: undefined, panic: /^crashed: .*out of order/ },
  'tg_sdk on asyncio': { metrics: undefined, panic: /^crashed: .*out of order/ },
};
const goTraits = {
  metrics: /^results\.(compat-metrics\.)?temperature\.point,.*place=here,.*run=\w{20} value=2[012] \d{19}$/,
  panic: /^crashed: /,
};

for (const [sdk, { builder, args, needs }] of Object.entries(sdks)) {
  const run = (testCase: string, ...more: string[]): Promise<Ended> =>
    tg(machine, single(compatPlan, '-b', builder, ...args, '-t', testCase, '--timeout', '2m', ...more));
  const group = (title: string, tests: () => void) =>
    needs === 'node' ? describe(title, tests) : describeWith(needs, title, tests);

  group(sdk, () => {
    beforeAll(async () => {
      const { code, all } = await tg(machine, ['build', 'single', '-p', compatPlan, '-b', builder, ...args]);
      expect([code, all]).toEqual([0, expect.stringContaining('generated build artifact')]);
    }, 300_000);

    test.concurrent('three instances share states, barriers and a topic, and hear the topic again from its start', {
      timeout: 300_000,
    }, async () => {
      const { code, runId, all } = await run('meet', '-i', '3');
      expect([code, all]).toEqual([0, expect.stringContaining('outcome: success; 3 instances: 3 success')]);
      const heard = new Set<string>();
      for (let index = 0; index < 3; index++) {
        const lines = await linesOf(machine, runId, 'single', index, 'run.out');
        for (const name of ['heard', 'heard again']) {
          const words = lines.flatMap((line) => new RegExp(`"${name}: ([^"]*)"`).exec(line)?.[1] ?? []);
          expect(words).toHaveLength(1);
          heard.add(words[0] ?? '');
        }
      }
      expect(heard.size).toBe(1);
      expect([...heard].join().split(' ').sort()).toEqual(['single/1', 'single/2', 'single/3']);
    });

    test.concurrent('run.out has every line once, in the format of this SDK', async () => {
      const { runId } = await run('meet', '-i', '1');
      const lines = await linesOf(machine, runId, 'single', 0, 'run.out');
      expect(new Set(lines).size).toBe(lines.length);
      const files = await readdir(join(await outputsOf(machine, runId), 'single', '0'));
      expect(files.filter((name) => name.startsWith('run.') || name.startsWith('.run')).sort()).toEqual([
        'run.err',
        'run.out',
      ]);
      const shape = shapeOf(lines);
      if (process.env['TG_TEST_RECORD']) {
        await mkdir(dirname(goldenFile(sdk)), { recursive: true });
        await writeFile(goldenFile(sdk), shape);
      }
      expect(shape).toBe(await goldenShape(sdk));
    });

    test.concurrent('parameters reach the plan', async () => {
      const { code, all } = await run('params', '--tp', 'text=x y z', '--tp', 'number=-3');
      expect([code, all]).toEqual([0, expect.stringContaining('text=x y z number=-3')]);
    });

    test.concurrent('a reported failure leads to the verdict failed, with its message', async () => {
      const { code, runId } = await run('fail');
      expect(code).toBe(1);
      expect(await outcomesOf(machine, runId)).toEqual([
        expect.stringMatching(/^single\[0\] failed: .*it did not work/),
      ]);
    });

    test.concurrent('a panic fails the run: exit 1', async () => {
      const { code, runId } = await run('panic');
      expect(code).toBe(1);
      const [outcome = ''] = await outcomesOf(machine, runId);
      expect(outcome.replace('single[0] ', '')).toMatch((traits[sdk] ?? goTraits).panic);
    });

    test.concurrent('metrics are kept; other output stays in run.out', async () => {
      const { code, runId } = await run('metrics');
      expect(code).toBe(0);
      const lines = await linesOf(machine, runId, 'single', 0, 'run.out');
      expect(lines.filter((line) => line === 'not an event: kept all the same')).toHaveLength(1);
      expect(lines.join('\n')).not.toMatch(/influx.*(fail|unavailable|error)/i);
      const { metrics } = traits[sdk] ?? goTraits;
      if (metrics === undefined) return;
      const points = await linesOf(machine, runId, 'single', 0, 'metrics.lp');
      const temperatures = points.filter((line) => line.includes('temperature'));
      expect(temperatures).toEqual([1, 2, 3].map(() => expect.stringMatching(metrics)));
      expect(new Set(temperatures).size).toBe(3);
    });

    test.concurrent('a network configuration is answered, not applied, and reported as such', async () => {
      const { code, runId, all } = await run('network', '-i', '2', '--run-cfg', 'sidecar=noop');
      expect([code, all]).toEqual([0, expect.stringContaining('outcome: success; 2 instances: 2 success')]);
      expect(all).toContain('configured; sidecar=true');
      expect(all).toMatch(/WARN\tNOT APPLIED in 2 of 2 network configurations: latency 100ms \(2×\)\n/);
      expect(all.match(/NOT APPLIED/g)).toHaveLength(1);
      expect((await tg(machine, ['why', runId])).stdout).toContain(
        'not applied in 2 of 2 network configurations:\n  latency 100ms (2×)\n',
      );
      expect((await resultOf(machine, runId)).network).toEqual({
        configured: 2,
        not_as_asked: 2,
        not_applied: { 'latency 100ms': 2 },
        measured: null,
      });
    });

    test.concurrent('sidecar=strict aborts a run whose network configuration tg does not apply', async () => {
      const { code, runId, all } = await run('network', '-i', '2', '--run-cfg', 'sidecar=strict');
      expect(code, all).toBe(1);
      expect(all).toMatch(
        /ending the run: (single\[00\d\]|an instance) asks for network settings that tg does not apply: latency 100ms/,
      );
      const outcomes = await outcomesOf(machine, runId);
      expect(outcomes.every((outcome) => /aborted: ended because the sidecar refused/.test(outcome))).toBe(
        true,
      );
      const plain = await run('network', '-i', '2', '--tp', 'latency=0', '--run-cfg', 'sidecar=strict');
      expect(plain.code).toBe(0);
    });

    test.concurrent('an instance that waits is ended at the timeout, and its verdict names the barrier', async () => {
      const { code, runId } = await run('hang', '--timeout', '8s');
      expect(code).toBe(7);
      expect(await outcomesOf(machine, runId)).toEqual([
        expect.stringMatching(
          /timed-out: still running at the timeout; .*at barrier "never" \(0 (so far|of 99)\)/,
        ),
      ]);
    });

    test.concurrent('instances that wait for a failed one are aborted, and the run is abandoned', async () => {
      const { code, runId, stdout } = await run('abandon', '-i', '4');
      expect([code, stdout]).toEqual([1, expect.stringContaining('the run is abandoned: ')]);
      const outcomes = (await outcomesOf(machine, runId)).map((text) => text.replace(/^\S+ /, '')).sort();
      expect(outcomes).toEqual([
        ...Array(3).fill(
          expect.stringMatching(/^aborted: waiting when the run was abandoned \(.*it did not work/),
        ),
        expect.stringContaining('it did not work'),
      ]);
      expect((await resultOf(machine, runId)).stopped.ending).toBe('abandoned');
    });
  });
}

describeWith('go', 'Go and JavaScript in one run', () => {
  test('two groups with two builders pass', async () => {
    const { code, runId, all } = await tg(machine, ['run', 'composition', '-f', composition('go-and-js')]);
    expect([code, all]).toEqual([0, expect.stringContaining('4 instances: 4 success')]);
    const { groups } = await resultOf(machine, runId);
    expect(groups.map(({ id, counts }: { id: string; counts: object }) => [id, counts])).toEqual([
      ['go', { success: 2 }],
      ['js', { success: 2 }],
    ]);
  });
});

describeWith('rust', 'every SDK in one run, and a shell script', () => {
  const groups = ['go011', 'go027', 'go030', 'js', 'python', 'rust', 'shell', 'ts'];
  test('all instances meet at one barrier, and hear the same messages in the same order', {
    timeout: 600_000,
  }, async () => {
    // Built first, because the timeout covers the build.
    await tg(machine, ['build', 'composition', '-f', composition('mixed')]);
    const { code, runId, all } = await tg(machine, [
      ...['run', 'composition', '-f', composition('mixed'), '--timeout', '2m'],
    ]);
    const size = groups.length * 2;
    expect([code, all]).toEqual([0, expect.stringContaining(`${size} instances: ${size} success`)]);
    const heard = new Set<string>();
    for (const group of groups) {
      for (const index of [0, 1]) {
        const lines = await linesOf(machine, runId, group, index, 'run.out');
        const words = lines.flatMap((line) => /"heard: ([^"]*)"/.exec(line)?.[1] ?? []);
        expect([group, words]).toEqual([group, [expect.any(String)]]);
        heard.add(words[0] ?? '');
      }
    }
    expect(heard.size).toBe(1);
    const [order = ''] = heard;
    const from = order.split(' ').map((word) => word.split('/')[0]);
    expect(from.sort()).toEqual(groups.flatMap((group) => [group, group]));
  });
});

describe('SDKs, old and new, in one run of local:netns', { tags: ['networks', 'go', 'python3'] }, () => {
  const groups = ['go011', 'go021', 'go023', 'go025', 'go027', 'go030', 'js', 'python', 'ts'];
  test('finds its own network, and has the configuration applied that it asks for', {
    timeout: 600_000,
  }, async () => {
    // Built first, because the timeout covers the build.
    await tg(machine, ['build', 'composition', '-f', composition('networks')]);
    const { code, runId, all } = await tg(machine, [
      ...['run', 'composition', '-f', composition('networks'), '--timeout', '2m'],
    ]);
    const size = 2 * groups.length;
    expect([code, all]).toEqual([0, expect.stringContaining(`${size} instances: ${size} success`)]);
    const { network } = await resultOf(machine, runId);
    expect(network).toMatchObject({ configured: size, not_as_asked: 0 });
    const { stdout } = await tg(machine, ['net', 'show', runId, 'go011[0]', 'python[1]']);
    expect(stdout.match(/latency 100 ms/g)).toHaveLength(2);
    const addresses = new Set<string>();
    // The first SDK does not know its address.
    for (const group of groups.filter((each) => each !== 'go011'))
      for (const index of [0, 1]) {
        const lines = await linesOf(machine, runId, group, index, 'run.out');
        const [address] = lines.flatMap((line) => /my address is (16\.0\.0\.\d+)/.exec(line)?.[1] ?? []);
        expect([group, address]).toEqual([group, expect.any(String)]);
        addresses.add(address ?? '');
      }
    expect(addresses.size).toBe(size - 2);
  });
});

function composition(name: string): string {
  return join(compatPlan, '..', `${name}.toml`);
}
