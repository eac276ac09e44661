import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is looked at again and again takes as long as the machine does.
    expect: { poll: { timeout: 30_000 } },
  },
});
