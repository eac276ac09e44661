import { expect, test } from 'vitest';
import { Misuse } from '../../src/sync/server/misuse.ts';
import { everyKey, keysOfRun, servedKey } from '../../src/sync/server/served-keys.ts';

test('serves names of up to 4,096 characters, and refuses longer ones whatever keys are served', () => {
  const longest = 'run:r:'.padEnd(4_096, 'x');
  for (const keys of [everyKey, keysOfRun('run:r:')]) {
    expect(servedKey(longest, keys)).toBe(longest);
    expect(() => servedKey(`${longest}x`, keys)).toThrow(
      new Misuse('the name of a state or topic has 4097 characters: at most 4096 are allowed'),
    );
  }
});

test('quotes a refused name, and cuts a long one', () => {
  expect(() => servedKey('run:other:s', keysOfRun('run:r:'))).toThrow(
    new Misuse('the key "run:other:s" is not a key of this run: those begin with "run:r:"'),
  );
  expect(() => servedKey('x'.repeat(4_000), keysOfRun('run:r:'))).toThrow(/^the key .{100,130} is not a key/);
});
