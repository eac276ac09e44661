import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { wordsIn } from '../config-values.ts';
import { isInside } from '../sources/inside.ts';
import { pathsIn } from '../sources/sources.ts';
import type { Input } from '../store/inputs.ts';
import { runTool } from '../tool/tool.ts';
import type { GoAnalysis } from './analyze.ts';
import { checkIsProgram } from './check-program.ts';
import { goInputs } from './inputs-beyond-sources.ts';
import { listingFlags, readPackages } from './list.ts';
import { type EarlierGo, neededToBuild, neededToStart } from './needs.ts';
import { flagsForUntracked } from './overlay.ts';
import type { RunPkgConfig } from './pkg-config.ts';
import { goFor } from './run-go.ts';
import { toolchainFor } from './toolchain.ts';
import { textOfGo } from './version.ts';

interface GoBuild {
  /** The output path of the program. */
  readonly program: string;
  /** A folder that is removed after the build. */
  readonly scratch: string;
  readonly note: (text: string) => void;
}

interface Built {
  /** The inputs other than sources. */
  readonly read: readonly Input[];
  /** The output of `go version -m` for the program. */
  readonly about: string;
}

/**
 * Builds a Go plan. If its compiler or modules require an earlier Go, rebuilds with that one, unless the Go is
 * configured.
 * @throws TgError (build) with Go's output.
 */
export async function buildGo(request: BuildRequest, look: GoAnalysis, build: GoBuild): Promise<Built> {
  const first = await attempt(request, look, build);
  const { needs } = first;
  if (needs === undefined) return outcomeOf(first);
  const earlier = textOfGo(needs.version);
  if (look.isNamed) {
    build.note(`${needs.because}: Go ${earlier} is needed (--build-cfg go_version=${earlier})`);
    return outcomeOf(first);
  }
  const found = await toolchainFor(request, look.local, needs.version, build.scratch);
  if ('why' in found) throw withoutEarlier(look, needs, found.why);
  build.note(`Go ${textOfGo(found.toolchain.version)} builds the plan: ${needs.because}`);
  return outcomeOf(await attempt(request, { ...look, toolchain: found.toolchain }, build));
}

function withoutEarlier(
  { places, toolchain }: GoAnalysis,
  { version, because }: EarlierGo,
  why: string,
): TgError {
  const [earlier, later] = [textOfGo(version), `1.${toolchain.version.minor}`];
  return new TgError('build', `the plan needs Go ${earlier}: ${because}`, {
    where: places.dir,
    hint: `Go ${earlier} is not available: ${why}\nInstall it as go${earlier} on PATH. --build-cfg go_version=${later} builds with Go ${later} anyway.`,
  });
}

/** The result of a build, and the Go version it requires instead. */
interface Attempt {
  readonly result: Built | TgError;
  readonly needs: EarlierGo | undefined;
}

function outcomeOf({ result }: Attempt): Built {
  if (result instanceof TgError) throw result;
  return result;
}

async function attempt(request: BuildRequest, look: GoAnalysis, build: GoBuild): Promise<Attempt> {
  try {
    const result = await buildWith(request, look, build);
    return { result, needs: neededToStart(result.about, look.toolchain.version) };
  } catch (error) {
    if (!(error instanceof TgError) || error.kind !== 'build') throw error;
    return { result: error, needs: neededToBuild(error.hint ?? '') };
  }
}

async function buildWith(
  request: BuildRequest,
  { toolchain, sources, places, files, local, env }: GoAnalysis,
  { program, scratch }: GoBuild,
): Promise<Built> {
  const { spec, plan, home } = request;
  const { minor } = toolchain.version;
  const run = goFor(request, toolchain, places);
  const go = (args: readonly string[]) => run(args, sources.dir, sources.env);
  const flags = [...sources.flags, ...flagsOf(request)];
  const what = packageOf(sources.dir, spec.config['exec_pkg']);
  const packages = readPackages(await go([...listingFlags(minor), ...flags, what]), local.moduleCache);
  checkIsProgram(packages, places.dir, files, plan.dir);
  const counted = await pathsIn([plan.dir, ...sources.replaced], home.root);
  const { inputs, untracked } = await goInputs(packages, {
    env: request.env,
    flags: ['CGO_CPPFLAGS', 'CGO_CFLAGS', 'CGO_CXXFLAGS', 'CGO_FFLAGS'].flatMap((name) => wordsOf(env[name])),
    runPkgConfig: pkgConfigFor(request, env['PKG_CONFIG'], sources.dir),
    isCounted: (file) => counted.has(sources.originalOf(file)) || isInside(places.scratch, file),
    isWithin: (file) => [plan.dir, places.dir].some((dir) => isInside(dir, file)),
  });
  const untrackedFlags = await flagsForUntracked(untracked, {
    flags: `${env['GOFLAGS'] ?? ''} ${spec.config['build_flags'] ?? ''}`,
    dir: sources.dir,
    scratch: await mkdtemp(join(scratch, 'untracked-')),
    minor,
  });
  // The revision of a surrounding repository is not part of the key, so it must not be part of the program.
  const revision = minor >= 18 ? ['-buildvcs=false'] : [];
  await go(['build', '-o', program, ...revision, ...flags, ...untrackedFlags, what]);
  return { read: inputs, about: await go(['version', '-m', program]) };
}

function pkgConfigFor(
  { env, signal, plan }: BuildRequest,
  named: string | undefined,
  cwd: string,
): RunPkgConfig {
  return async (args) =>
    await runTool({
      ...{ program: named || 'pkg-config', args, cwd, env, signal, stdout: 'data' },
      ...{ builder: 'exec:go', failure: 'pkg-config failed', where: plan.dir },
    });
}

function wordsOf(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function flagsOf({ spec }: BuildRequest): string[] {
  const flags = wordsIn(spec.config['build_flags'] ?? '', 'build_flags');
  if (spec.selectors.length > 0) flags.push('-tags', spec.selectors.join(','));
  if (spec.coverage) flags.push('-cover', '-coverpkg=./...');
  return flags;
}

/** `go build cmd/x` would refer to Go's standard library. */
function packageOf(moduleDir: string, configured: string | undefined): string {
  if (configured === undefined || configured === '') return '.';
  const isFolder = !/^[./]/.test(configured) && existsSync(join(moduleDir, configured));
  return isFolder ? `./${configured}` : configured;
}
