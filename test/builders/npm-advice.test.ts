import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { npmAdvice } from '../../src/builders/node/npm/advice.ts';
import { TgError } from '../../src/util/errors.ts';
import { buildHere } from '../support/build-in-process.ts';
import { repositoryWith } from '../support/node-plans.ts';

const own = 'A node_modules that you install in the plan’s folder is used as is.';

describe('the advice for a failure of a package manager', () => {
  test.each([
    ['npm error notarget No matching version found for @a/b@^99.0.0.', 'There is no such version of @a/b: '],
    [
      'error Couldn\'t find any versions for "semver" that matches "^99.0.0"',
      'There is no such version of semver: ',
    ],
    ['➤ YN0082: │ semver@npm:^99.0.0: No candidates found', 'There is no such version of semver: '],
    ['npm error code E404', 'The registry does not have that package: '],
    ['npm error code E403', 'The registry denies access to that package: '],
    ['npm error code ENOTFOUND', 'The registry cannot be reached: '],
    ['npm error fatal: could not read Username', 'A package comes from a git repository: '],
  ])('explains: %s', (said, advice) => {
    expect(npmAdvice(said)).toMatch(new RegExp(`^${advice}.*\\n${own}$`));
  });

  test('is one general sentence for an unknown failure', () => {
    expect(npmAdvice('Killed')).toBe(own);
  });
});

describe('an installation from a registry', () => {
  /** It has one version of `lib`, denies `secret`, and knows no other package. */
  const registry = createServer(({ url = '' }, response) => {
    response.statusCode = url.startsWith('/secret') ? 403 : url.startsWith('/lib') ? 200 : 404;
    response.end(
      JSON.stringify({
        name: 'lib',
        'dist-tags': { latest: '1.0.0' },
        versions: {
          '1.0.0': { name: 'lib', version: '1.0.0', dist: { tarball: 'http://127.0.0.1:1/x.tgz' } },
        },
      }),
    );
  });
  beforeAll(() => new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve)));
  afterAll(() => registry.close());

  test.each([
    ['lib', 'There is no such version of lib: correct it in package.json. npm view lib versions'],
    ['none', 'The registry does not have that package: '],
    ['secret', 'The registry denies access to that package: '],
  ])('fails with advice on the package %s', async (name, advice) => {
    const { port } = registry.address() as AddressInfo;
    const { plan, home } = await repositoryWith({
      'plan/package.json': JSON.stringify({ dependencies: { [name]: '^9' } }),
      'plan/index.js': '',
    });
    const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}` };
    const failing = buildHere({ builder: 'exec:node', dir: plan, home, env });
    const error: unknown = await failing.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TgError);
    expect((error as TgError).hint?.split('\n').slice(-2)).toEqual([expect.stringContaining(advice), own]);
  });
});
