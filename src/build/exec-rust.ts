import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKey, artifactOr, planFolder, targetKind } from './artifacts.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { type CargoPackage, readCargoPackage } from './cargo-package.ts';
import { placeForCargo, replacementsIn } from './cargo-place.ts';
import { insidePlan, isOn } from './config-values.ts';
import {
  copySources,
  digestFolder,
  digestOf,
  digestSources,
  listSources,
  type SourceFile,
} from './sources.ts';
import { runTool } from './tool.ts';

const id = 'exec:rust';

/**
 * exec:rust: builds with `cargo build --release`. Selectors are features. What was compiled of dependencies is kept for a
 * plan's next build.
 */
export const execRust: Builder = {
  id,
  configKeys: ['path', 'package', 'bin', 'example', 'profile', 'no_default_features'],
  async build(request): Promise<Artifact> {
    const { plan, spec, home } = request;
    const root = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
    const cargo = (args: readonly string[], cwd: string) =>
      runTool({
        program: 'cargo',
        args,
        cwd,
        env: { ...request.env, CARGO_TERM_COLOR: 'never', CARGO_TERM_PROGRESS_WHEN: 'never' },
        signal: request.signal,
        builder: id,
        failure: 'the plan does not build with exec:rust',
        stdoutIsData: true,
        where: root,
      });
    const package_ = await readCargoPackage(root, spec, cargo);
    const files = await listSources(plan.dir, { except: home.root });
    const toolchain = await cargo(['-vV'], root);
    const settings = JSON.stringify([{ ...spec, coverage: false }, toolchain, flagsFrom(request.env)]);
    const around = [plan.dir, settings, ...(await digestPaths(package_, spec))];
    const digest = await digestSources(plan.dir, files, around);
    return await artifactOr(home, artifactKey(id, plan.name, digest), async (dir) => {
      const place = await placeForCargo({ root, package_, spec, scratch: join(dir, 'scratch') });
      const targetDir = join(home.work, artifactKey(targetKind, plan.name, digestOf([root, settings])));
      const flags = buildFlags(package_, spec);
      const said = await cargo(['build', ...flags, ...place.flags, '--target-dir', targetDir], place.dir);
      await mkdir(join(dir, 'bin'));
      await copyFile(executableIn(said), join(dir, 'bin', 'plan'));
      await copySources(plan.dir, join(dir, planFolder), files.filter(isShipped));
      const dialsByName = await place.dependsOn('testground');
      await place.leave();
      return {
        command: ['{artifact}/bin/plan'],
        sdk: dialsByName,
        traits: { dialsByName, reopensStreams: false, stacksOnQuit: false },
      };
    });
  },
};

function buildFlags({ name, target }: CargoPackage, { config, selectors }: BuildRequest['spec']): string[] {
  const flags = [
    '--quiet',
    '--message-format=json-render-diagnostics',
    '--profile',
    config['profile'] ?? 'release',
  ];
  flags.push('--package', name, `--${target.kind}`, target.name);
  if (isOn(config, 'no_default_features', id)) flags.push('--no-default-features');
  if (selectors.length > 0) flags.push('--features', selectors.join(','));
  return flags;
}

/** Cargo's messages are a JSON object a line; the one about the program names its file. */
function executableIn(said: string): string {
  for (const line of said.split('\n')) {
    const file = /"executable":("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
    if (file !== undefined) return String(JSON.parse(file));
  }
  throw new Error('cargo named no executable');
}

/** What changes the outcome beside sources and toolchain. */
function flagsFrom(env: NodeJS.ProcessEnv): string[] {
  const names = /^(RUSTFLAGS|RUSTC.*|CARGO_(BUILD|PROFILE|ENCODED|TARGET)_.*|CC|CFLAGS)$/;
  return Object.keys(env)
    .filter((name) => names.test(name))
    .sort()
    .map((name) => `${name}=${env[name]}`);
}

/** What decides beside the plan's own files: dependencies by path, what replaces others, a workspace around the plan. */
async function digestPaths(
  { pathDependencies, workspaceRoot }: CargoPackage,
  spec: BuildRequest['spec'],
): Promise<string[]> {
  const workspace = ['Cargo.toml', 'Cargo.lock', '.cargo/config.toml'].map((name) =>
    readFile(join(workspaceRoot, name), 'utf8').catch(() => ''),
  );
  const replaced = replacementsIn(spec).map(({ folder }) => folder);
  return await Promise.all([...workspace, ...[...pathDependencies, ...replaced].map(digestFolder)]);
}

/** What a running plan may read: everything but what it was compiled from. */
function isShipped({ path }: SourceFile): boolean {
  return !/\.rs$|(^|\/)Cargo\.(toml|lock)$|^\.cargo\//.test(path);
}
