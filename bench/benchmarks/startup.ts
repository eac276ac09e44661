import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, type Benchmark } from '../lib/benchmark.ts';
import { makeGround, planOf, root, tg } from '../lib/ground.ts';
import { run } from '../lib/process.ts';
import { mediansInTurn } from '../lib/take.ts';

/** How long short commands take. */
export const startup: Benchmark = {
  name: 'startup',
  needs: ['cc'],
  title: 'Start of the command',
  async measure(extent) {
    using ground = makeGround();
    const { env } = ground;
    // The layout of a project that has tg installed.
    const bin = join(ground.dir, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(join(root, 'bin', 'tg.js'), join(bin, 'tg'));
    const noop = ['run', 'single', '-p', planOf('noop'), '-i', '10', '-q'] as const;
    await run([...tg, ...noop], { env });
    const rounds = { ...extent, rounds: extent.quick ? 1 : Math.max(11, extent.rounds) };
    const ms = await mediansInTurn(rounds, {
      node: async () => (await run([process.execPath, '-e', '0'])).ms,
      version: async () => (await run([...tg, '--version'], { env })).ms,
      help: async () => (await run([...tg, 'run', '--help'], { env })).ms,
      npx: async () => (await run(['npx', '--no', 'tg', ...noop], { env, cwd: ground.dir })).ms,
    });
    const against = { name: 'node -e 0', value: ms.node };
    return {
      rows: [
        atMost(1.6, { what: 'tg --version', unit: 'ms', tg: ms.version, against }),
        atMost(1.6, { what: 'tg run --help', unit: 'ms', tg: ms.help, against }),
        {
          what: 'npx tg run single, 10 instances that do nothing',
          unit: 'ms',
          tg: ms.npx,
          against: undefined,
          goal: '< 1,000 ms',
          met: ms.npx < 1_000,
        },
      ],
    };
  },
};
