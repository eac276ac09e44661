import { type GoVersion, goVersionIn } from './version.ts';

/** The reason why a plan needs an earlier Go than the one that built it. */
export interface EarlierGo {
  readonly version: GoVersion;
  readonly because: string;
}

/**
 * Modules that access internals of crypto/tls of one Go release line: they compile with a later one, and panic when
 * the program starts.
 */
const panicking: Readonly<Record<string, number>> = {
  'github.com/marten-seemann/qtls': 14,
  'github.com/marten-seemann/qtls-go1-15': 15,
};

/**
 * The Go version that a program needs to start.
 * @param about the output of `go version -m` for the program.
 * @param builtBy the Go that built it.
 */
export function neededToStart(about: string, builtBy: GoVersion): EarlierGo | undefined {
  for (const [, module = ''] of about.matchAll(/^\tdep\t(\S+)/gm)) {
    const minor = panicking[module];
    if (minor === undefined || builtBy.minor <= minor) continue;
    const version = { minor, patch: undefined, pre: '' };
    return { version, because: `${module} panics at program start if a later Go built it` };
  }
  return undefined;
}

/** The Go version requested by compile errors: quic-go refuses versions of Go released after it. */
export function neededToBuild(said: string): EarlierGo | undefined {
  const refused = /quic-go[^\n]*? (?:can't be built|doesn't build) on Go (1\.\d+) yet/.exec(said)?.[1];
  const first = goVersionIn(refused);
  return first && { version: { ...first, minor: first.minor - 1 }, because: `quic-go refuses Go ${refused}` };
}
