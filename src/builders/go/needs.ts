import { type GoVersion, goVersionIn } from './version.ts';

/** Why a plan needs an earlier Go than the one that built it. */
export interface EarlierGo {
  readonly version: GoVersion;
  readonly because: string;
}

/**
 * Modules that look into the crypto/tls of one release line of Go: they compile with a later one, and panic when the program
 * starts.
 */
const panicking: Readonly<Record<string, number>> = {
  'github.com/marten-seemann/qtls': 14,
  'github.com/marten-seemann/qtls-go1-15': 15,
};

/**
 * The Go that a program needs to start.
 * @param about what `go version -m` says of the program.
 * @param builtBy the Go that built it.
 */
export function neededToStart(about: string, builtBy: GoVersion): EarlierGo | undefined {
  for (const [, module = ''] of about.matchAll(/^\tdep\t(\S+)/gm)) {
    const minor = panicking[module];
    if (minor === undefined || builtBy.minor <= minor) continue;
    const version = { minor, patch: undefined, pre: '' };
    return { version, because: `${module} panics at the start of a program that a later Go built` };
  }
  return undefined;
}

/** The Go that a compiler's words ask for: quic-go refuses each Go that is newer than itself. */
export function neededToBuild(said: string): EarlierGo | undefined {
  const refused = /quic-go[^\n]*? (?:can't be built|doesn't build) on Go (1\.\d+) yet/.exec(said)?.[1];
  const first = goVersionIn(refused);
  return first && { version: { ...first, minor: first.minor - 1 }, because: `quic-go refuses Go ${refused}` };
}
