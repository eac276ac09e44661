import { compareGo, type GoVersion, goVersionIn, goVersionOfImage } from './version.ts';

/** The Go version of a plan, and its source. */
export interface RequestedGo {
  readonly version: GoVersion;
  /** The source, to follow the word "as": `go_version says`, `build_base_image (golang:1.16-buster) says`. */
  readonly says: string;
}

/** The oldest Go whose `go build` accepts another go.mod. */
const oldest: GoVersion = { minor: 14, patch: undefined, pre: '' };

/**
 * The Go version of a build configuration: `go_version`, else the tag of `build_base_image`. The version in go.mod
 * wins if it is later, and so does the oldest version that tg supports.
 * @param texts the texts of go.mod and, if there is one, go.work.
 * @returns undefined if no version is configured.
 */
export function requestedByConfig(
  config: Readonly<Record<string, string>>,
  texts: readonly string[],
): RequestedGo | undefined {
  const named = namedBy(config);
  if (named === undefined) return undefined;
  const needed = texts
    .map(goLineOf)
    .filter((version) => version !== undefined)
    .sort(compareGo)
    .at(-1);
  if (needed !== undefined && compareGo(needed, named.version) > 0)
    return {
      version: lineOf(needed),
      says: `the go line of go.mod says (${named.says} names the earlier 1.${named.version.minor})`,
    };
  if (named.version.minor < oldest.minor)
    return {
      version: oldest,
      says: `the oldest that tg builds with (${named.says} names 1.${named.version.minor})`,
    };
  return { ...named, says: `${named.says} says` };
}

function namedBy(config: Readonly<Record<string, string>>): RequestedGo | undefined {
  const { go_version: asked, build_base_image: image } = config;
  const version = goVersionIn(asked);
  if (version !== undefined) return { version, says: 'go_version' };
  const ofImage = image === undefined ? undefined : goVersionOfImage(image);
  return ofImage && { version: ofImage, says: `build_base_image (${image})` };
}

/** The minimum Go of a go.mod: the later of its `go` and `toolchain` lines. */
export function neededByMod(goMod: string): RequestedGo | undefined {
  const go = goLineOf(goMod);
  const toolchain = goVersionIn(/^toolchain\s+(\S+)/m.exec(goMod)?.[1]);
  if (toolchain !== undefined && (go === undefined || compareGo(toolchain, go) > 0))
    return { version: toolchain, says: `the toolchain line of go.mod says` };
  return go && { version: go, says: `the go line of go.mod says` };
}

function goLineOf(goMod: string): GoVersion | undefined {
  return goVersionIn(/^go\s+(\S+)/m.exec(goMod)?.[1]);
}

/** Any release of the line, unless a patch is named: before 1.21, a go.mod names only release lines. */
function lineOf(version: GoVersion): GoVersion {
  return version.patch === 0 ? { ...version, patch: undefined } : version;
}

/** The latest of several versions. */
export function latestOf(all: readonly (RequestedGo | undefined)[]): RequestedGo | undefined {
  return all
    .filter((each) => each !== undefined)
    .sort((a, b) => compareGo(a.version, b.version))
    .at(-1);
}
