import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builderOf } from '../../src/builders/builders.ts';
import type { Home } from '../../src/os/home.ts';
import { commandArtifact } from '../../src/plan/artifact.ts';
import { TgError } from '../../src/util/errors.ts';
import { printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

const timeout = 240_000;
const mod = 'module example.org/p\n\ngo 1.14\n';
const main = `package main

import (
	"fmt"
	"runtime"
)

func main() { fmt.Println(runtime.Version()) }
`;
const here = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();

interface Asked {
  readonly dir: string;
  readonly home: Home;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a plan prints, and the warnings of its build. */
async function built({ dir, home, config = {}, env }: Asked): Promise<{ text: string; said: string[] }> {
  const said: string[] = [];
  const builder = await builderOf('exec:go');
  const artifact = await builder.build({
    plan: { name: 'p', dir, sdk: undefined },
    spec: {
      builder: 'exec:go',
      config,
      selectors: [],
      dependencies: [],
      linkSdk: undefined,
      coverage: false,
    },
    home,
    env: { ...process.env, GOTOOLCHAIN: 'auto', ...env },
    signal: new AbortController().signal,
    warn: (text) => said.push(text),
    report: () => {},
    progress: () => {},
  });
  return { text: await printedBy(commandArtifact(artifact)), said };
}

describeWith('oldGo', 'exec:go and the Go version of a plan', () => {
  test.each([
    [{ go_version: '1.15' }, 'go_version says'],
    [{ go_version: 'go1.15.15' }, 'go_version says'],
    [{ build_base_image: 'golang:1.15-buster' }, 'build_base_image (golang:1.15-buster) says'],
    [
      { build_base_image: 'iptestground/builder:go1.15' },
      'build_base_image (iptestground/builder:go1.15) says',
    ],
  ])('builds with the version in %o, and names its source', { timeout }, async (config, says) => {
    const dir = await folderWith({ 'go.mod': mod, 'main.go': main });
    const plan = { dir, home: await someHome(), config };
    const expected = { text: 'go1.15.15', said: [`Go 1.15.15 builds the plan, as ${says}`] };
    expect(await built(plan)).toEqual(expected);
    expect(await built(plan)).toEqual(expected);
  });

  test('chooses an earlier Go by itself for a plan that panics if a later one built it', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'go.mod': `${mod}\nrequire github.com/marten-seemann/qtls-go1-15 v0.1.0\n`,
      'main.go': main.replace('"fmt"', '"fmt"\n\t_ "github.com/marten-seemann/qtls-go1-15"'),
    });
    const plan = { dir, home: await someHome() };
    const why = 'github.com/marten-seemann/qtls-go1-15 panics at program start if a later Go built it';
    expect(await built(plan)).toEqual({ text: 'go1.15.15', said: [`Go 1.15.15 builds the plan: ${why}`] });
    const pinned = await built({ ...plan, env: { GOTOOLCHAIN: 'local' } }).catch((error: unknown) =>
      String(error),
    );
    expect(pinned).toContain("panic: qtls.ConnectionState doesn't match");
  });

  test('does not blame GOTOOLCHAIN for a failure if only tg has set it', { timeout }, async () => {
    const dir = await folderWith({
      'go.mod': 'module example.org/p\n\ngo 1.20\n\nrequire golang.org/x/tools v0.40.0\n',
      'main.go': 'package main\n\nimport _ "golang.org/x/tools/go/packages"\n\nfunc main() {}\n',
    });
    const plan = { dir, home: await someHome(), config: { go_version: '1.21' } };
    const hint = await built(plan).then(
      () => 'it builds',
      (error: unknown) => (error instanceof TgError ? error.hint : String(error)),
    );
    expect(hint).toMatch(/requires go >= 1\.24\.0 \(running go 1\.21\.\d+\)/);
    expect(hint).toContain('--build-cfg go_version=1.24.0');
    expect(hint).not.toContain('GOTOOLCHAIN');
  });
});

describeWith('go', 'exec:go says that it builds with', () => {
  test('the Go on PATH, not the requested one, if GOTOOLCHAIN=local forbids that', { timeout }, async () => {
    const dir = await folderWith({ 'go.mod': mod, 'main.go': main });
    const pinned = {
      dir,
      home: await someHome(),
      config: { go_version: '1.15' },
      env: { GOTOOLCHAIN: 'local' },
    };
    expect(await built(pinned)).toEqual({
      text: here,
      said: [
        `Go ${here.slice(2)} builds the plan, not 1.15 as go_version says: GOTOOLCHAIN=local forbids it`,
      ],
    });
    const meant = here.slice(2).split('.').slice(0, 2).join('.');
    expect(await built({ ...pinned, config: { go_version: meant } })).toEqual({ text: here, said: [] });
  });

  test('the Go on PATH if the requested one cannot be fetched, and warns of a go_version that is no version', {
    timeout,
  }, async () => {
    const dir = await folderWith({ 'go.mod': mod, 'main.go': main });
    const offline = { GOPROXY: 'off', GOMODCACHE: join(dir, '..', 'none') };
    const { text, said } = await built({
      dir,
      home: await someHome(),
      config: { go_version: '1.15' },
      env: offline,
    });
    expect([text, said]).toEqual([
      here,
      [expect.stringMatching(/^Go \S+ builds the plan, not 1\.15 as go_version says: .*GOPROXY=off/)],
    ]);
    const odd = await built({ dir, home: await someHome(), config: { go_version: 'stable' } });
    expect(odd).toEqual({ text: here, said: ['go_version "stable" is not a version of Go'] });
  });

  test('a matching Go that is installed in ~/sdk', { timeout }, async () => {
    const dir = await folderWith({ 'go.mod': mod, 'main.go': main });
    const bin = await folderWith({});
    const real = execFileSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).trim();
    // It builds with the Go on PATH, and reports another version.
    const script = `#!/bin/sh\nif [ "$1" = version ] && [ $# = 1 ]; then echo go version go1.19.13 linux/amd64; else exec ${real} "$@"; fi\n`;
    await mkdir(join(bin, 'sdk/go1.19.13/bin'), { recursive: true });
    await writeFile(join(bin, 'sdk/go1.19.13/bin/go'), script);
    await chmod(join(bin, 'sdk/go1.19.13/bin/go'), 0o755);
    const { said } = await built({
      dir,
      home: await someHome(),
      config: { go_version: '1.19' },
      env: { HOME: bin, GOCACHE: join(bin, 'cache') },
    });
    expect(said).toEqual(['Go 1.19.13 builds the plan, as go_version says']);
  });
});
