import * as z from 'zod';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { textOrEmpty } from '../plain-file.ts';
import { runTool } from '../tool/tool.ts';
import { type InstalledGo, installedGos, releasesInCache } from './installed.ts';
import { moduleProxy } from './proxy.ts';
import type { RequestedGo } from './requested-version.ts';
import { compareGo, type GoVersion, goVersionIn, isMeant, textOfGo } from './version.ts';

/** A `go` command, and the environment in which it is the Go for the build. */
export interface Toolchain {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly version: GoVersion;
}

/** The Go on PATH, with its own settings. */
export interface LocalGo extends Toolchain {
  /** The effective GOFLAGS, from the environment or from Go's own file. */
  readonly flags: string;
  readonly moduleCache: string;
  /** For instance `linux-amd64`. */
  readonly platform: string;
  /** The GOTOOLCHAIN set by the user; undefined if tg may choose. */
  readonly pinned: string | undefined;
  /** The GOPROXY for other Go versions, regardless of the plan's settings for modules. */
  readonly proxy: string;
  /** The settings of `go env` that affect the program. */
  readonly said: Readonly<Record<string, string>>;
  /** Whether it can download another Go (from 1.21 on). */
  readonly fetches: boolean;
}

/** The variables of `go env` that affect the program. */
export const whatDecides = [
  ...['GOVERSION', 'GOROOT', 'GOOS', 'GOARCH', 'GOFLAGS', 'GOEXPERIMENT', 'GODEBUG', 'GOFIPS140'],
  ...['GO386', 'GOAMD64', 'GOARM', 'GOARM64', 'GOMIPS', 'GOMIPS64', 'GOPPC64', 'GORISCV64', 'GOWASM'],
  ...['CGO_ENABLED', 'CC', 'CXX', 'FC', 'AR', 'PKG_CONFIG', 'GCCGO'],
  ...['CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_FFLAGS', 'CGO_LDFLAGS'],
];
/** The output of `go env -json`. */
export const environmentSchema = z.record(z.string(), z.string());

const envSchema = z.object({
  GOVERSION: z.string(),
  GOFLAGS: z.string(),
  GOMODCACHE: z.string(),
  GOHOSTOS: z.string(),
  GOHOSTARCH: z.string(),
  GOTOOLCHAIN: z.string(),
  GOENV: z.string(),
  GOPROXY: z.string(),
});

/**
 * Finds the Go on PATH.
 * @param nowhere a folder without a go.mod: inside a module, Go might switch to another version already.
 * @throws TgError (environment) if there is no Go.
 */
export async function localGo(request: BuildRequest, nowhere: string): Promise<LocalGo> {
  const env = { ...request.env, GO111MODULE: 'on', GOWORK: 'off' };
  const asked = ['env', '-json', ...Object.keys(envSchema.shape), ...whatDecides];
  const text = await runGo(request, { program: 'go', env }, asked, nowhere);
  const all = environmentSchema.parse(JSON.parse(text));
  const its = envSchema.parse(all);
  const said = Object.fromEntries(whatDecides.map((name) => [name, all[name] ?? '']));
  const ownFile = its.GOENV === 'off' ? '' : await textOrEmpty(its.GOENV);
  const set = (name: string) => request.env[name] || setInFile(ownFile, name);
  const pinned = set('GOTOOLCHAIN') === 'auto' ? undefined : set('GOTOOLCHAIN');
  const proxy = moduleProxy(request.spec.config, {
    inEnvironment: request.env['GOPROXY'] || undefined,
    inFile: setInFile(ownFile, 'GOPROXY'),
    inForce: its.GOPROXY,
  });
  if (proxy.warning !== undefined) request.warn(proxy.warning);
  if (proxy.note !== undefined) request.report(proxy.note);
  const proxied = { ...env, ...proxy.env };
  return {
    program: 'go',
    // A distribution may disable the download of the version that a go.mod requires; only the user's own setting
    // counts.
    env: pinned === undefined && its.GOTOOLCHAIN !== '' ? { ...proxied, GOTOOLCHAIN: 'auto' } : proxied,
    version: goVersionIn(its.GOVERSION) ?? { minor: 0, patch: undefined, pre: '' },
    flags: its.GOFLAGS,
    moduleCache: its.GOMODCACHE,
    platform: `${its.GOHOSTOS}-${its.GOHOSTARCH}`,
    pinned,
    proxy: its.GOPROXY,
    said,
    fetches: its.GOTOOLCHAIN !== '',
  };
}

/** The value of a variable in the file of `go env -w`. */
function setInFile(text: string, name: string): string | undefined {
  return new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1];
}

/** A toolchain, or the reason why it was not found. */
export type Found = { readonly toolchain: Toolchain } | { readonly why: string };

/**
 * Finds a Go version: the one on PATH, an installed one, or one that Go downloads (GOTOOLCHAIN).
 * @param nowhere a folder without a go.mod.
 */
export async function toolchainFor(
  request: BuildRequest,
  local: LocalGo,
  meant: GoVersion,
  nowhere: string,
): Promise<Found> {
  if (isMeant(local.version, meant)) return { toolchain: local };
  if (local.pinned !== undefined) return { why: `GOTOOLCHAIN=${local.pinned} forbids it` };
  for (const go of await installedGos(request.env, meant)) {
    const toolchain = await tried(request, local, go, nowhere);
    if ('toolchain' in toolchain && isMeant(toolchain.toolchain.version, meant)) return toolchain;
  }
  if (!local.fetches)
    return { why: `it is not installed, and Go ${textOfGo(local.version)} does not fetch toolchains` };
  return await fetched(request, local, meant, nowhere);
}

async function fetched(
  request: BuildRequest,
  local: LocalGo,
  meant: GoVersion,
  nowhere: string,
): Promise<Found> {
  const kept = newestOf(await releasesInCache(local.moduleCache, local.platform), meant);
  if (kept !== undefined) return await tried(request, local, viaGo(kept), nowhere);
  const exact = meant.patch === undefined && meant.pre === '' ? undefined : meant;
  const first = exact && (await tried(request, local, viaGo(exact), nowhere));
  if (first !== undefined && 'toolchain' in first) return first;
  try {
    const newest = newestOf(await publishedReleases(request, local, nowhere), {
      ...meant,
      patch: undefined,
      pre: '',
    });
    if (newest !== undefined) return await tried(request, local, viaGo(newest), nowhere);
    return first ?? { why: 'there is no such release' };
  } catch (error) {
    return { why: reasonOf(error) };
  }
}

function viaGo(version: GoVersion): InstalledGo {
  return { program: 'go', env: { GOTOOLCHAIN: `go${textOfGo(version)}` } };
}

function newestOf(releases: readonly GoVersion[], meant: GoVersion): GoVersion | undefined {
  return releases
    .filter((release) => release.pre === meant.pre && isMeant(release, meant))
    .sort(compareGo)
    .at(-1);
}

/** Go's toolchains are versions of a module. */
async function publishedReleases(
  request: BuildRequest,
  local: LocalGo,
  nowhere: string,
): Promise<GoVersion[]> {
  const env = { ...local.env, GOPROXY: local.proxy, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' };
  const asked = ['list', '-m', '-versions', 'golang.org/toolchain'];
  const listed = await runGo(request, { program: local.program, env }, asked, nowhere);
  return listed
    .trim()
    .split(/\s+/)
    .filter((word) => word.endsWith(`.${local.platform}`))
    .map((word) => goVersionIn(word.slice('v0.0.1-'.length, -`.${local.platform}`.length)))
    .filter((version) => version !== undefined);
}

/** Starts a Go, which may download it, and reads its version. */
async function tried(
  request: BuildRequest,
  local: LocalGo,
  { program, env: more }: InstalledGo,
  nowhere: string,
): Promise<Found> {
  // Before it prints its version, since an old Go refuses flags that it does not know.
  const named = goVersionIn(more['GOTOOLCHAIN']) ?? local.version;
  const env = { ...local.env, ...more, GOFLAGS: flagsForAny(local.flags) };
  try {
    const fetching = { ...env, GOPROXY: local.proxy };
    const said = await runGo(request, { program, env: fetching }, ['version'], nowhere);
    const version = goVersionIn(/\bgo version (\S+)/.exec(said)?.[1]) ?? named;
    return { toolchain: { program, env, version } };
  } catch (error) {
    if (error instanceof TgError && !request.signal.aborted) return { why: reasonOf(error) };
    throw error;
  }
}

/** GOFLAGS without flags unknown before Go 1.18; never empty, since Go would read its own file instead. */
function flagsForAny(flags: string): string {
  const kept = flags.split(/\s+/).filter((flag) => flag !== '' && !/^--?buildvcs\b/.test(flag));
  return kept.join(' ') || '-v=false';
}

/** The last line of the output, which begins with downloads. */
function reasonOf(error: unknown): string {
  const text = error instanceof TgError ? (error.hint ?? error.message) : String(error);
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** Runs Go and returns its output. */
async function runGo(
  { signal, plan }: BuildRequest,
  { program, env }: Pick<Toolchain, 'program' | 'env'>,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const failure = `${program} ${args[0]} failed`;
  return await runTool({
    program,
    args,
    cwd,
    env,
    signal,
    stdout: 'data',
    builder: 'exec:go',
    failure,
    where: plan.dir,
  });
}

/** The note if Go is not the one on PATH. */
export function noteOfSwitch({ version }: Toolchain, meant: RequestedGo): string {
  return `Go ${textOfGo(version)} builds the plan, as ${meant.says}`;
}

/** The note if the requested Go is not available. */
export function noteOfLack(local: LocalGo, meant: RequestedGo, why: string): string {
  return `Go ${textOfGo(local.version)} builds the plan, not ${textOfGo(meant.version)} as ${meant.says}: ${why}`;
}
