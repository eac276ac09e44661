import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { isRequired, parts } from './test/support/parts.ts';
import { tellSkipped } from './test/support/tell-skipped.ts';

/** One tag for each requirement that tests have besides Node. */
const tags = Object.entries(parts).map(([name, { what, there }]) => ({
  name,
  description: `needs ${what}`,
  // Never `skip: false`: a test with that tag would run even if another of its requirements is missing.
  ...(!isRequired(name) && !there() && { skip: true }),
}));

/** The folders of each project, below test/. The project `unit` has all other folders. */
const folders = {
  e2e: ['e2e', 'corpus'],
  faults: ['faults', 'soak'],
  netns: ['netns'],
  clone: ['clone'],
  builders: ['builders'],
  services: ['services'],
  sdks: ['compat'],
  browser: ['browser'],
};

const testsIn = (names: readonly string[]) => names.map((name) => `test/${name}/**/*.test.ts`);

export default defineConfig({
  test: {
    tags,
    setupFiles: ['test/support/set-up.ts'],
    reporters: ['default', tellSkipped(tags)],
    // The default leaves one processor idle. With more workers than processors, compilers leave instances too little
    // time before a test's timeout.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    // A compiler with an empty cache takes a minute on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // npm sets this variable when it starts the tests. tg would then write `npx tg` in its hints.
    env: { npm_command: '' },
    // A polled condition takes longer on a slow machine.
    expect: { poll: { timeout: 30_000 } },
    // npm run coverage counts what the unit tests reach. It does not count the built tg, which the other projects run in
    // its own processes.
    coverage: {
      include: ['src/**/*.ts'],
      exclude: ['src/report/page/**', 'src/**/*.d.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 42, functions: 39, branches: 38, statements: 41 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Unit tests keep no state in modules that another file would see, and most finish sooner than a process starts.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: testsIn(Object.values(folders).flat()),
        },
      },
      ...Object.entries(folders).map(([name, its]) => ({
        extends: true as const,
        test: { name, include: testsIn(its) },
      })),
    ],
  },
});
