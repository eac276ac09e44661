import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempFolder } from '../temp-folder.ts';
import { artifactKey, artifactOr, planFolder } from './artifacts.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { insidePlan } from './config-values.ts';
import { GoModule } from './go-module.ts';
import { copySources, digestSources, listSources, type SourceFile } from './sources.ts';
import { runTool } from './tool.ts';

const id = 'exec:go';

/**
 * exec:go: builds with `go build` where the plan lies, beside a copy of its go.mod and go.sum, so that nothing in the plan's
 * folder is written. Selectors are build tags.
 */
export const execGo: Builder = {
  id,
  configKeys: ['path', 'exec_pkg', 'modfile', 'module_path', 'fresh_gomod'],
  async build(request): Promise<Artifact> {
    const scratch = await makeTempFolder('go');
    try {
      return await build(request, scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function build(request: BuildRequest, scratch: string): Promise<Artifact> {
  const { plan, spec, home } = request;
  const go = (args: readonly string[], cwd: string) =>
    runTool({
      program: 'go',
      args,
      cwd,
      // A workspace file above the plan is not the plan's, and would forbid -modfile.
      env: { ...request.env, GOWORK: 'off' },
      signal: request.signal,
      builder: id,
      failure: 'the plan does not build with exec:go',
      where: moduleDir,
      advice: adviceFor,
    });
  const moduleDir = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
  const module = await GoModule.prepare({ dir: moduleDir, scratch, spec, go });
  const files = await listSources(plan.dir, { except: home.root });
  const toolchain = await go(['env', '-json', ...whatDecides], module.dir);
  const settings = JSON.stringify([
    spec.config,
    spec.selectors,
    spec.coverage,
    toolchain,
    await module.text(),
  ]);
  const digest = await digestSources(plan.dir, files, [
    plan.dir,
    settings,
    ...(await module.digestReplaced()),
  ]);
  return await artifactOr(home, artifactKey(id, plan.name, digest), async (dir) => {
    const program = join(dir, 'bin', 'plan');
    const flags = ['-o', program, `-modfile=${module.file}`, ...module.flags];
    if (spec.selectors.length > 0) flags.push('-tags', spec.selectors.join(','));
    if (spec.coverage) flags.push('-cover', '-coverpkg=./...');
    await go(['build', ...flags, packageOf(module.dir, spec.config['exec_pkg'])], module.dir);
    await copySources(plan.dir, join(dir, planFolder), files.filter(isShipped));
    return {
      command: ['{artifact}/bin/plan'],
      sdk: /\tgithub\.com\/testground\/sdk-go\t/.test(await go(['version', '-m', program], module.dir)),
      traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: true },
    };
  });
}

/** Of the many things that `go env` knows, those that change what comes out. */
const whatDecides = [
  ...['GOVERSION', 'GOOS', 'GOARCH', 'GOAMD64', 'GOARM64', 'GOFLAGS', 'GOEXPERIMENT', 'GODEBUG'],
  ...['CGO_ENABLED', 'CC', 'CXX', 'CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_LDFLAGS'],
];

/** `go build cmd/x` would look in Go's own library. */
function packageOf(moduleDir: string, configured: string | undefined): string {
  if (configured === undefined || configured === '') return '.';
  const isFolder = !/^[./]/.test(configured) && existsSync(join(moduleDir, configured));
  return isFolder ? `./${configured}` : configured;
}

/** What a running plan may read: everything but what it was compiled from. */
function isShipped({ path }: SourceFile): boolean {
  return !/(^|\/)vendor\//.test(path) && !/(\.go|(^|\/)go\.(mod|sum|work|work\.sum))$/.test(path);
}

function adviceFor(said: string): string | undefined {
  if (!/no required module provides|missing go\.sum entry|cannot find module/.test(said)) return undefined;
  return 'Where modules are missing: go mod tidy, in the plan’s folder, or --build-cfg fresh_gomod=true.';
}
