import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { isRequired, parts } from './test/support/parts.ts';
import { tellSkipped } from './test/support/tell-skipped.ts';

/** What a test needs beside Node is its tag. */
const tags = Object.entries(parts).map(([name, { what, there }]) => ({
  name,
  description: `needs ${what}`,
  // Not `false` where it is there: that would have a test run that lacks something else.
  ...(!isRequired(name) && !there() && { skip: true }),
}));

/** Where the tests of each project are; those of `unit` are in all other folders. */
const folders = {
  e2e: ['e2e', 'corpus'],
  faults: ['faults', 'soak'],
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
    // The default leaves one processor idle. With one more, compilers keep instances from coming to anything before a test's timeout.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    // A compiler whose cache is empty takes a minute on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What tg says to type next is by npx where npm has started it, as it has the tests.
    env: { npm_command: '' },
    // What is looked at again and again takes as long as the machine does.
    expect: { poll: { timeout: 30_000 } },
    // npm run coverage: what the unit tests reach. What the built tg does in processes of its own, in all other projects, is not counted.
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
          // They keep nothing in modules that another file would see, and most of them are done sooner than a process has begun.
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
