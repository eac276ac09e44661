import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { runTool } from '../tool/tool.ts';
import { type AskedToolchain, rustVersionOf, toolchainFileAbove } from './toolchain-file.ts';

/** Runs a program of the toolchain in the plan's folder, and returns its stdout. */
type Ask = (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>;

/**
 * Chooses the toolchain requested by the build configuration, RUSTUP_TOOLCHAIN, a toolchain file, or the package's
 * rust-version. Notes when it is downloaded, or another one is used.
 * @returns the environment in which `cargo` is that toolchain's.
 * @throws TgError (environment) if the build configuration requests a toolchain that is not available.
 */
export async function toolchainEnv(request: BuildRequest, root: string): Promise<NodeJS.ProcessEnv> {
  const { spec, env } = request;
  const choosing: Choosing = { request, ask: askIn(request, root), hasRustup: isRustups(env) };
  const configured = spec.config['toolchain'];
  if (configured !== undefined) return await configuredEnv(configured, choosing);
  if (env['RUSTUP_TOOLCHAIN']) return env;
  const asked = await toolchainFileAbove(root);
  if (asked !== undefined) return await askedEnv(asked, choosing);
  const oldest = await rustVersionOf(root);
  return oldest === undefined ? env : await newEnoughEnv(oldest, choosing);
}

interface Choosing {
  readonly request: BuildRequest;
  readonly ask: Ask;
  readonly hasRustup: boolean;
}

function askIn({ env, signal, spec }: BuildRequest, root: string): Ask {
  return (program, args, more) =>
    runTool({
      ...{ program, args, cwd: root, env: { ...env, ...more }, signal, stdout: 'data' },
      ...{ builder: spec.builder, failure: 'the toolchain cannot be chosen', where: root },
    });
}

/** Whether `cargo` is a proxy of rustup, which is in the same folder then. */
function isRustups({ PATH = '' }: NodeJS.ProcessEnv): boolean {
  const cargo = PATH.split(delimiter)
    .map((dir) => join(dir, 'cargo'))
    .find((file) => existsSync(file));
  return cargo !== undefined && existsSync(join(dirname(cargo), 'rustup'));
}

async function configuredEnv(channel: string, choosing: Choosing): Promise<NodeJS.ProcessEnv> {
  const { request, ask, hasRustup } = choosing;
  const where = 'the build configuration of exec:rust';
  if (!hasRustup) {
    throw new TgError(
      'environment',
      `toolchain=${channel} needs rustup, which is not installed next to cargo`,
      {
        where,
        hint: 'Install rustup (https://rustup.rs), or omit the toolchain.',
      },
    );
  }
  const asked = { channel, components: [], targets: [], by: where };
  const installed = await installedAs(channel, ask);
  if (installed !== undefined) return withToolchain(request.env, installed);
  const problem = await install(asked, choosing);
  if (problem === undefined) return withToolchain(request.env, channel);
  throw new TgError('environment', `there is no Rust ${channel}: ${problem}`, {
    where,
    hint: `Install it (rustup toolchain install ${channel}), or choose one of \`rustup toolchain list\`.`,
  });
}

/** rustup obeys a toolchain file itself, once the toolchain is installed. */
async function askedEnv(asked: AskedToolchain, choosing: Choosing): Promise<NodeJS.ProcessEnv> {
  const { request, ask, hasRustup } = choosing;
  const { channel, by } = asked;
  if (!hasRustup) {
    const used = await rustcVersion(ask);
    if (!isOf(used, channel))
      request.warn(`${by} asks for Rust ${channel}; there is no rustup: rustc ${used} is used`);
    return request.env;
  }
  const installed = await installedAs(channel, ask);
  if (installed !== undefined)
    return installed === channel ? request.env : withToolchain(request.env, installed);
  const problem = await install(asked, choosing);
  if (problem === undefined) return request.env;
  const instead = await usual(ask);
  const used = await rustcVersion(ask, instead);
  request.warn(`${by} asks for Rust ${channel}, which is not installed (${problem}): rustc ${used} is used`);
  return withToolchain(request.env, instead);
}

/** A rust-version is a minimum: any newer version will do. */
async function newEnoughEnv(oldest: string, choosing: Choosing): Promise<NodeJS.ProcessEnv> {
  const { request, ask, hasRustup } = choosing;
  const used = await rustcVersion(ask);
  if (isAtLeast(used, oldest)) return request.env;
  const by = 'Cargo.toml (rust-version)';
  if (!hasRustup) {
    request.warn(`${by} asks for Rust ${oldest} or newer; there is no rustup: rustc ${used} is used`);
    return request.env;
  }
  const asked = { channel: oldest, components: [], targets: [], by };
  const installed = await firstThat(await toolchains(ask), async (name) =>
    isAtLeast(await rustcVersion(ask, name), oldest),
  );
  const problem = installed === undefined ? await install(asked, choosing) : undefined;
  if (problem !== undefined) {
    request.warn(
      `${by} asks for Rust ${oldest} or newer, which is not installed (${problem}): rustc ${used} is used`,
    );
    return request.env;
  }
  const chosen = installed ?? oldest;
  request.warn(`${by} asks for Rust ${oldest} or newer: the toolchain ${chosen} is used, not rustc ${used}`);
  return withToolchain(request.env, chosen);
}

/** Installs a toolchain with rustup. @returns the reason of a failure; undefined on success. */
async function install(
  { channel, components, targets, by }: AskedToolchain,
  { request, ask }: Choosing,
): Promise<string | undefined> {
  const { warn, env, progress } = request;
  if (env['RUSTUP_AUTO_INSTALL'] === '0') return 'RUSTUP_AUTO_INSTALL=0 forbids installing it';
  if (env['CARGO_NET_OFFLINE'] === 'true') return 'CARGO_NET_OFFLINE forbids fetching it';
  warn(`${by} asks for Rust ${channel}, which is not installed: rustup fetches it`);
  progress(`fetching Rust ${channel}`);
  const more = [...components.flatMap((name) => ['-c', name]), ...targets.flatMap((name) => ['-t', name])];
  try {
    await ask('rustup', [
      'toolchain',
      'install',
      channel,
      '--profile',
      'minimal',
      '--no-self-update',
      ...more,
    ]);
    return undefined;
  } catch (error) {
    if (!(error instanceof TgError) || request.signal.aborted) throw error;
    return firstError(error.hint ?? error.message);
  }
}

/** The first error line of an output. */
function firstError(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const line = lines.find((each) => each.startsWith('error')) ?? lines.find(Boolean) ?? text;
  return line.replace(/^error: /, '');
}

function withToolchain(env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv {
  return { ...env, RUSTUP_TOOLCHAIN: name };
}

/** The names of the toolchains installed by rustup. */
async function toolchains(ask: Ask): Promise<string[]> {
  const list = await ask('rustup', ['toolchain', 'list']);
  return list
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '' && name !== 'no');
}

/**
 * The rustup name of an installed toolchain: the channel itself, or another one of that version (1.74.0 is a 1.74).
 */
async function installedAs(channel: string, ask: Ask): Promise<string | undefined> {
  const isHost = /^(?:-[a-z0-9_]+){3,4}$/;
  const names = await toolchains(ask);
  const isThere = names.some(
    (name) => name === channel || (name.startsWith(channel) && isHost.test(name.slice(channel.length))),
  );
  if (isThere) return channel;
  if (!/^\d/.test(channel)) return undefined;
  return await firstThat(names, async (name) => isOf(await rustcVersion(ask, name), channel));
}

/** rustup's default toolchain. */
async function usual(ask: Ask): Promise<string> {
  const name = (await ask('rustup', ['default']).catch(() => '')).split(' ')[0]?.trim();
  return name || ((await toolchains(ask))[0] ?? 'stable');
}

/** The version of rustc: `1.74.0` or `1.97.0-nightly`. */
async function rustcVersion(ask: Ask, toolchain?: string): Promise<string> {
  const env = toolchain === undefined ? {} : { RUSTUP_TOOLCHAIN: toolchain };
  const [, version = ''] = (await ask('rustc', ['--version'], env)).split(' ');
  return version.trim();
}

/** Whether a version of rustc matches the channel of a toolchain file; dates cannot be compared. */
function isOf(version: string, channel: string): boolean {
  if (/^\d/.test(channel)) return `${version}.`.startsWith(`${channel}.`);
  const kind = /-(nightly|beta)/.exec(version)?.[1] ?? 'stable';
  return channel.split('-')[0] === kind;
}

/** Whether a version of rustc is at least a given one. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [has, needs] = [version, oldest].map((text) => text.replace(/-.*/, '').split('.').map(Number));
  const differs = [0, 1, 2].find((part) => (has?.[part] ?? 0) !== (needs?.[part] ?? 0));
  return differs === undefined || (has?.[differs] ?? 0) > (needs?.[differs] ?? 0);
}

async function firstThat(
  names: readonly string[],
  fits: (name: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const name of names) if (await fits(name).catch(() => false)) return name;
  return undefined;
}
