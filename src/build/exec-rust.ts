import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { above } from './above.ts';
import { planFolder } from './artifact-record.ts';
import { artifactKey, targetKind } from './artifacts.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { forgetLocal, rememberLocal } from './cargo-fresh.ts';
import { cargoInputs } from './cargo-inputs.ts';
import { readCargoMessages } from './cargo-messages.ts';
import { type CargoPackage, readCargoPackage } from './cargo-package.ts';
import { placeForCargo, replacementsIn } from './cargo-place.ts';
import { insidePlan, isOn } from './config-values.ts';
import { artifactOf } from './make-artifact.ts';
import { textOf } from './plain-file.ts';
import {
  copySources,
  digestFolder,
  digestOf,
  digestOfTexts,
  digestSources,
  joinDigests,
  listSources,
  pathsIn,
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
    const { plan, spec, home, signal } = request;
    // Cargo names folders by their real paths.
    const root = await realpath(insidePlan(plan.dir, spec.config['path'] ?? '.', 'path'));
    const cargo = cargoOf(request, root);
    return await artifactOf(request, {
      builder: id,
      look: () => lookAt(request, root, cargo),
      async make(dir, { package_, files, settings, folders }, settle) {
        const place = await placeForCargo({ root, package_, spec, scratch: join(dir, 'scratch') });
        const targetDir = join(home.work, artifactKey(targetKind, plan.name, digestOf([root, settings])));
        await forgetLocal(targetDir);
        const flags = [...buildFlags(package_, spec), ...place.flags, '--target-dir', targetDir];
        const built = readCargoMessages(await cargo(['build', ...flags], place.dir));
        await rememberLocal(targetDir, built);
        await mkdir(join(dir, 'bin'));
        await copyFile(built.executable, join(dir, 'bin', 'plan'));
        await copySources(plan.dir, join(dir, planFolder), files.filter(isShipped), signal);
        const counted = await pathsIn([plan.dir, ...folders], home.root);
        const isCounted = (file: string) => counted.has(file);
        await settle(await cargoInputs(built, { ...place, isCounted }));
        const dialsByName = await place.dependsOn('testground');
        await place.leave();
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

type Cargo = (args: readonly string[], cwd: string) => Promise<string>;

function cargoOf({ env, signal }: BuildRequest, where: string): Cargo {
  return (args, cwd) =>
    runTool({
      program: 'cargo',
      args,
      cwd,
      env: { ...env, CARGO_TERM_COLOR: 'never', CARGO_TERM_PROGRESS_WHEN: 'never' },
      signal,
      stdout: 'data',
      builder: id,
      failure: 'the plan does not build with exec:rust',
      where,
    });
}

async function lookAt({ plan, spec, home, env, signal }: BuildRequest, root: string, cargo: Cargo) {
  const files = await listSources(plan.dir, { except: home.root, signal });
  const sources = await digestSources(plan.dir, files, [plan.dir], signal);
  const package_ = await readCargoPackage(root, spec, cargo);
  const toolchain = await cargo(['-vV'], root);
  const settings = JSON.stringify([{ ...spec, coverage: false }, toolchain, flagsFrom(env)]);
  const configuration = await configurationOf(root, package_, env);
  const folders = [...package_.pathDependencies, ...replacementsIn(spec).map(({ folder }) => folder)];
  const beside = await Promise.all(folders.map(digestFolder));
  const digest = joinDigests([sources, digestOfTexts([settings, ...configuration]), ...beside]);
  return { package_, files, settings, folders, digest };
}

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

/** What changes the outcome beside sources and toolchain. */
function flagsFrom(env: NodeJS.ProcessEnv): string[] {
  const names = /^(RUSTFLAGS|RUSTC.*|CARGO_(BUILD|PROFILE|ENCODED|TARGET)_.*|CC|CFLAGS)$/;
  return Object.keys(env)
    .filter((name) => names.test(name))
    .sort()
    .map((name) => `${name}=${env[name]}`);
}

/** What decides beside sources: a workspace around the plan, and Cargo's configuration in the folders above and at home. */
async function configurationOf(
  root: string,
  { workspaceRoot }: CargoPackage,
  { CARGO_HOME, HOME = '' }: NodeJS.ProcessEnv,
): Promise<string[]> {
  const configs = [
    ...[root, ...above(root)].map((folder) => join(folder, '.cargo')),
    CARGO_HOME ?? join(HOME, '.cargo'),
  ].flatMap((folder) => [join(folder, 'config.toml'), join(folder, 'config')]);
  const workspace = ['Cargo.toml', 'Cargo.lock'].map((name) => join(workspaceRoot, name));
  return await Promise.all([...workspace, ...configs].map(textOf));
}

/** What a running plan may read: everything but what it was compiled from. */
function isShipped({ path }: SourceFile): boolean {
  return !/\.rs$|(^|\/)Cargo\.(toml|lock)$|^\.cargo\//.test(path);
}
