import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A compiler whose cache is empty takes a minute on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is looked at again and again takes as long as the machine does.
    expect: { poll: { timeout: 30_000 } },
  },
});
