import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedText, withoutVarying } from '../../../src/run/causes/shared-text.ts';

test.each([
  ['dial tcp 127.0.0.1:40123: connect: connection refused', 'dial tcp …: connect: connection refused'],
  ['connect ECONNREFUSED [::1]:9', 'connect ECONNREFUSED …'],
  ['no answer from single[003] in 12.5ms', 'no answer from … in …'],
  ['lost 4f9d1c3a-1f2e-4d4b-9c61-0a1b2c3d4e5f', 'lost …'],
  ['bad digest deadbeef01 at 0xc000123', 'bad digest … at …'],
  ['node7 has 3 of 5 blocks', 'node… has … of … blocks'],
  ['exited with status 137; stderr: 2 errors', 'exited with status 137; stderr: … errors'],
  ['killed by SIGUSR1', 'killed by SIGUSR1'],
  ['the disk is full', 'the disk is full'],
])('in "%s", what may differ between instances is left out', (text, without) => {
  expect(withoutVarying(text)).toBe(without);
});

test('the shared text of equal errors is the error itself', () => {
  expect(sharedText(['no answer in 3s', 'no answer in 3s'])).toBe('no answer in 3s');
});

test('the shared text of errors that differ in numbers leaves the numbers out', () => {
  expect(sharedText(['no answer in 3s', 'no answer in 4s'])).toBe('no answer in …');
});

test('property: leaving out what varies twice is the same as once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const once = withoutVarying(text);
      expect(withoutVarying(once)).toBe(once);
    }),
  );
});

test('property: errors that differ only in a number have one shared text', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (one, other) => {
      expect(withoutVarying(`peer ${one} is gone`)).toBe(withoutVarying(`peer ${other} is gone`));
    }),
  );
});
