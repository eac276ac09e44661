import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempFolder } from '../temp-folder.ts';
import { planFolder } from './artifact-record.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { insidePlan } from './config-values.ts';
import { filesInFlags, goInputs, listedFields } from './go-inputs.ts';
import { GoModule } from './go-module.ts';
import { digestInput } from './inputs.ts';
import { artifactOf } from './make-artifact.ts';
import {
  copySources,
  digestFolder,
  digestOfTexts,
  digestSources,
  joinDigests,
  listSources,
  pathsIn,
  type SourceFile,
} from './sources.ts';
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
    const { plan } = request;
    // Go names files by their real paths.
    const scratch = await realpath(await makeTempFolder('go'));
    try {
      return await artifactOf(request, {
        builder: id,
        look: async () => await lookAt(request, await mkdtemp(join(scratch, 'module-'))),
        async make(dir, { go, module, files }, settle) {
          const program = join(dir, 'bin', 'plan');
          const what = [...flagsOf(request, module), packageOf(module.dir, request.spec.config['exec_pkg'])];
          await go(['build', '-o', program, ...what], module.dir);
          const listed = await go(['list', '-deps', `-json=${listedFields}`, ...what], module.dir);
          await copySources(plan.dir, join(dir, planFolder), files.filter(isShipped), request.signal);
          const counted = await pathsIn([plan.dir, ...module.replaced], request.home.root);
          await settle(await goInputs(listed, (file) => counted.has(module.originalOf(file))));
          const about = await go(['version', '-m', program], module.dir);
          return {
            command: [{ artifact: 'bin/plan' }],
            sdk: /\tgithub\.com\/testground\/sdk-go\t/.test(about),
            traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: true },
            parts: ['bin/plan', planFolder],
          };
        },
      });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

type Go = (args: readonly string[], cwd: string) => Promise<string>;

function goOf({ env, signal }: BuildRequest, where: string): Go {
  return (args, cwd) =>
    runTool({
      program: 'go',
      args,
      cwd,
      // A workspace file above the plan is not the plan's, and would forbid -modfile.
      env: { ...env, GOWORK: 'off' },
      signal,
      stdout: 'data',
      builder: id,
      failure: 'the plan does not build with exec:go',
      where,
      advice: adviceFor,
    });
}

async function lookAt(request: BuildRequest, scratch: string) {
  const { plan, spec, home, signal } = request;
  const dir = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
  const go = goOf(request, dir);
  const files = await listSources(plan.dir, { except: home.root, signal });
  const sources = await digestSources(plan.dir, files, [plan.dir], signal);
  const module = await GoModule.prepare({ dir, scratch, spec, go });
  const toolchain = await go(['env', '-json', ...whatDecides], module.dir);
  const settings = digestOfTexts([
    JSON.stringify([spec.config, spec.selectors, spec.coverage, toolchain]),
    await module.text(),
  ]);
  const named = await filesInFlags(toolchain, module.dir);
  const beside = await Promise.all([
    ...module.replaced.map(digestFolder),
    ...named.map((name) => digestInput({ kind: 'file', name }, request.env)),
  ]);
  const digest = joinDigests([sources, settings, ...beside]);
  return { go, module, files, digest };
}

function flagsOf({ spec }: BuildRequest, module: GoModule): string[] {
  // The revision of a repository around the plan is no part of the key, and so none of the program.
  const flags = [`-modfile=${module.file}`, '-buildvcs=false', ...module.flags];
  if (spec.selectors.length > 0) flags.push('-tags', spec.selectors.join(','));
  if (spec.coverage) flags.push('-cover', '-coverpkg=./...');
  return flags;
}

/** Of the many things that `go env` knows, those that change what comes out. */
const whatDecides = [
  ...['GOVERSION', 'GOROOT', 'GOOS', 'GOARCH', 'GOFLAGS', 'GOEXPERIMENT', 'GODEBUG', 'GOFIPS140'],
  ...['GO386', 'GOAMD64', 'GOARM', 'GOARM64', 'GOMIPS', 'GOMIPS64', 'GOPPC64', 'GORISCV64', 'GOWASM'],
  ...['CGO_ENABLED', 'CC', 'CXX', 'FC', 'AR', 'PKG_CONFIG', 'GCCGO'],
  ...['CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_FFLAGS', 'CGO_LDFLAGS'],
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
