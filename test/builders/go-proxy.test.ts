import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { moduleProxy } from '../../src/builders/go/proxy.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const free = { inEnvironment: undefined, inFile: undefined, inForce: 'https://proxy.golang.org,direct' };
const url = 'http://proxy.example.org:8081';

describe('the proxy configuration', () => {
  test.each([
    [{}, {}],
    [{ go_proxy_mode: 'direct' }, { GOPROXY: 'direct' }],
    [{ go_proxy_mode: ' direct ', go_proxy_url: url }, { GOPROXY: 'direct' }],
    [{ go_proxy_mode: 'remote', go_proxy_url: url }, { GOPROXY: `${url}|${free.inForce}` }],
  ])('%o is applied without a message', (config, env) => {
    expect(moduleProxy(config, free)).toEqual({ env });
  });

  test.each([
    [{ go_proxy_mode: 'remote' }, free, 'go_proxy_url is missing'],
    [{ go_proxy_url: url }, free, 'it needs go_proxy_mode = "remote"'],
    [{ go_proxy_mode: 'nearest' }, free, 'it must be direct, remote or local'],
    [{ go_proxy_mode: 'direct' }, { ...free, inEnvironment: 'off' }, 'GOPROXY is set and takes precedence'],
    [{ go_proxy_mode: 'direct' }, { ...free, inFile: url }, 'GOPROXY is set and takes precedence'],
    [
      { go_proxy_mode: 'remote', go_proxy_url: url },
      { ...free, inEnvironment: url },
      'GOPROXY is set and takes precedence',
    ],
  ])('%o causes a warning that it is not applied', (config, known, text) => {
    expect(moduleProxy(config, known)).toEqual({ env: {}, warning: expect.stringContaining(text) });
  });

  test('go_proxy_mode = "local" causes a note that tg starts no proxy', () => {
    expect(moduleProxy({ go_proxy_mode: 'local' }, free)).toEqual({
      env: {},
      note: expect.stringContaining('tg starts no proxy'),
    });
  });
});

describeWith('go', 'exec:go', () => {
  /** An environment with an empty module cache and without GOPROXY, except in Go's env file, `file`. */
  async function given(file: string) {
    const { GOPROXY: _, ...env } = process.env;
    const GOENV = join(await folderWith({ env: file }), 'env');
    const own = { GOENV, GOFLAGS: '-mod=mod -modcacherw', GONOSUMDB: '*' };
    return { ...env, ...own, GOMODCACHE: join(await tempDir(), 'cache') };
  }

  const mod = 'module example.org/p\n\ngo 1.20\n';
  const main = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("built") }\n';

  /** Starts a proxy that has no module. @param onRequest called for each go.mod of example.invalid/m that is requested. */
  async function emptyProxy(onRequest: () => void) {
    const server = createServer(({ url: path = '' }, response) => {
      if (path === '/example.invalid/m/@v/v1.0.0.mod') onRequest();
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test.each([
    ['and, if that is a proxy, from it next', (other: string) => other, ['first', 'other']],
    ['also if that is off', () => 'off', ['first']],
  ])(
    'requests modules from go_proxy_url before GOPROXY of Go’s env file, %s',
    {
      timeout: 60_000,
    },
    async (_, inFile, expected) => {
      // Go repeats its requests: a set keeps the order of the first ones.
      const asked = new Set<string>();
      const first = await emptyProxy(() => asked.add('first'));
      const other = await emptyProxy(() => asked.add('other'));
      const dir = await folderWith({
        'go.mod': `${mod}\nrequire example.invalid/m v1.0.0\n`,
        'main.go': main.replace('"fmt"', '("fmt"; _ "example.invalid/m")'),
      });
      const [env, config] = [
        await given(`GOPROXY=${inFile(other.address)}\n`),
        { go_proxy_mode: 'remote', go_proxy_url: first.address },
      ] as const;
      try {
        await expect(
          buildHere({ builder: 'exec:go', dir, env, home: await someHome(), config }),
        ).rejects.toThrow('the plan does not build with exec:go');
      } finally {
        first.server.close();
        other.server.close();
      }
      expect([...asked]).toEqual(expected);
    },
  );

  test('builds with each go_proxy_mode, and reports each one that is not applied once', {
    timeout: 60_000,
  }, async () => {
    const dir = await folderWith({ 'go.mod': mod, 'main.go': main });
    const env = await given('');
    const [warned, reported]: [string[], string[]] = [[], []];
    const more = { warn: (text: string) => warned.push(text), report: (text: string) => reported.push(text) };
    const home = await someHome();
    for (const mode of ['remote', 'local', 'direct']) {
      const config = { go_proxy_mode: mode };
      const artifact = await buildHere({ builder: 'exec:go', dir, env, home, config, more });
      expect(await printedBy(artifact)).toBe('built');
    }
    expect(warned).toEqual([expect.stringContaining('go_proxy_url is missing')]);
    expect(reported).toEqual([expect.stringContaining('tg starts no proxy')]);
  });
});
