import { expect, test } from 'vitest';
import { onlyOnce } from '../../src/build/store/one-build.ts';
import { someHome } from '../support/build-in-process.ts';

test('what another tg has made since it was looked for is not made again', async () => {
  const plan = { name: 'p', dir: '/p', sdk: undefined };
  const spec = {
    ...{ builder: 'exec:generic', config: {}, selectors: [], dependencies: [], linkSdk: undefined },
    coverage: false,
  };
  const [home, signal] = [await someHome(), new AbortController().signal];
  const silent = { warn: () => {}, tell: () => {}, progress: () => {} };
  const request = { plan, spec, home, env: {}, signal, ...silent };
  const made = await onlyOnce(
    request,
    'key',
    async () => 'made by another',
    async () => 'made here',
  );
  expect(made).toBe('made by another');
});
