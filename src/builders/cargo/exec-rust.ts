import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandArtifact } from '../../plan/artifact.ts';
import type { Builder, BuildRequest } from '../builder.ts';
import { isOn } from '../config-values.ts';
import { textOrEmpty } from '../plain-file.ts';
import { linkPackages } from '../sources/packages.ts';
import {
  copySources,
  digestOf,
  digestOfTexts,
  digestSources,
  joinDigests,
  pathsIn,
  readSources,
  type SourceFile,
} from '../sources/sources.ts';
import { planFolder } from '../store/artifact-record.ts';
import { artifactOf } from '../store/find-or-build.ts';
import type { Input } from '../store/inputs.ts';
import { runTool } from '../tool/tool.ts';
import { compile, targetFolder } from './compile.ts';
import { cargoConfiguration, environmentThatMatters } from './config.ts';
import { lastRead } from './forget-stale.ts';
import { dependencyFolders, findCrate, type RustPlan, readRustPlan } from './package.ts';
import { replacementsIn } from './place.ts';
import { type Cargo, cargoFor } from './tool.ts';
import { toolchainEnv } from './toolchain.ts';

const id = 'exec:rust';

/**
 * exec:rust: builds with `cargo build --release`. Selectors are features. Compiled crates are kept for the plan's
 * next build.
 */
export const execRust: Builder = {
  id,
  configKeys: ['path', 'package', 'bin', 'example', 'profile', 'no_default_features', 'toolchain'],
  async build(request): Promise<CommandArtifact> {
    const { plan, spec, home, signal, report } = request;
    const crate = await findCrate(plan.dir, spec.config['path']);
    // Cargo uses real paths.
    const root = await realpath(crate.value);
    if (crate.because !== undefined) report(`exec:rust uses the folder ${root}: ${crate.because}`);
    const env = await toolchainEnv(request, root);
    const cargo = cargoFor(request, env, root);
    return await artifactOf(request, {
      builder: id,
      analyze: () => analyze(request, { root, cargo, env }),
      expect: async ({ rust, settings }): Promise<Input[]> => {
        const folders = [
          ...(await dependencyFolders(rust, cargo)),
          ...replacementsIn(spec).map(({ folder }) => folder),
        ];
        const counted = await pathsIn([plan.dir], home.root);
        const outside = folders.filter((folder) => !counted.has(join(folder, 'Cargo.toml')));
        return [
          ...outside.map((name) => ({ kind: 'folder', name }) as const),
          ...(await lastRead(await targetFolder(request, digestOf([root, settings])))),
        ];
      },
      async make(dir, { rust, files, packages, settings, version }, confirmInputs) {
        let dialsByName = false;
        const counted = await pathsIn([plan.dir], home.root);
        await compile(request, cargo, {
          ...{ root, version, workspaceRoot: rust.workspace.root },
          targetDir: await targetFolder(request, digestOf([root, settings])),
          flags: buildFlags(rust, spec),
          isCounted: (file) => counted.has(file),
          async take(build, read) {
            await mkdir(join(dir, 'bin'));
            await copyFile(build.executable, join(dir, 'bin', 'plan'));
            await copySources(plan.dir, join(dir, planFolder), files.filter(isShipped), signal);
            await linkPackages(plan.dir, join(dir, planFolder), packages);
            dialsByName = build.packages.some(({ name }) => name === 'testground');
            return await confirmInputs(read);
          },
        });
        return {
          command: [{ artifact: 'bin/plan' }],
          sdk: dialsByName,
          traits: { dialsByName, reopensStreams: false, stacksOnQuit: false },
          parts: ['bin/plan', planFolder],
        };
      },
    });
  },
};

interface CargoContext {
  readonly root: string;
  readonly cargo: Cargo;
  readonly env: NodeJS.ProcessEnv;
}

async function analyze(request: BuildRequest, { root, cargo, env }: CargoContext) {
  const { plan, testCase, spec, home, signal } = request;
  const { config, selectors } = spec;
  const asked = { root, planName: plan.name, testCase, config, selectors };
  const [found, rust, toolchain, compiler] = await Promise.all([
    readSources(plan.dir, { except: home.root, signal }),
    readRustPlan(asked, cargo),
    cargo(['-vV'], root),
    compilerOf(request, root, env),
  ]);
  for (const note of rust.notes) request.report(note);
  const { bin: _bin, example: _example, ...shared } = config;
  const tools = [toolchain, compiler, ...environmentThatMatters(env)];
  const settings = JSON.stringify([{ ...spec, config: shared, coverage: false }, tools]);
  const workspaceTexts = await Promise.all(
    ['Cargo.toml', 'Cargo.lock'].map((name) => textOrEmpty(join(rust.workspace.root, name))),
  );
  const rest = [
    settings,
    ...buildFlags(rust, spec),
    ...workspaceTexts,
    ...(await cargoConfiguration(root, env)),
  ];
  const sources = await digestSources(plan.dir, found.files, [plan.dir, ...found.packages], signal);
  const version = /^release: (\S+)/m.exec(toolchain)?.[1] ?? '';
  return {
    ...found,
    rust,
    settings,
    version,
    digest: joinDigests([sources, digestOfTexts(rest)]),
  };
}

/** The compiler's version; it may be installed independently of Cargo. */
async function compilerOf({ signal }: BuildRequest, root: string, env: NodeJS.ProcessEnv): Promise<string> {
  return await runTool({
    ...{ program: env['RUSTC'] || 'rustc', args: ['-vV'], cwd: root, env, signal, stdout: 'data' },
    ...{ builder: id, failure: 'rustc does not report its version', where: root },
  });
}

function buildFlags({ package_, program }: RustPlan, { config, selectors }: BuildRequest['spec']): string[] {
  const flags = ['--profile', config['profile'] ?? 'release'];
  flags.push('--package', package_.name, `--${program.kind}`, program.name);
  if (isOn(config, 'no_default_features', id)) flags.push('--no-default-features');
  if (selectors.length > 0) flags.push('--features', selectors.join(','));
  return flags;
}

/** Whether a running plan may read a file: everything but Rust sources. */
function isShipped({ path }: SourceFile): boolean {
  return !/\.rs$|(^|\/)Cargo\.(toml|lock)$|^\.cargo\//.test(path);
}
