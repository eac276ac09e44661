/** A known failure of Go and its remedy. */
interface Known {
  /** A pattern of Go's output. */
  readonly said: RegExp;
  /** @param found the match of the pattern. */
  readonly hint: (found: RegExpExecArray) => string;
}

/** Standard packages added in later versions of Go, with the minor version. */
const newcomers: Readonly<Record<string, number>> = {
  ...{
    embed: 16,
    'io/fs': 16,
    'testing/fstest': 16,
    'debug/buildinfo': 18,
    'net/netip': 18,
    'go/doc/comment': 19,
  },
  ...{
    'crypto/ecdh': 20,
    'runtime/coverage': 20,
    cmp: 21,
    'log/slog': 21,
    maps: 21,
    slices: 21,
    'testing/slogtest': 21,
  },
  ...{
    'go/version': 22,
    'math/rand/v2': 22,
    iter: 23,
    structs: 23,
    unique: 23,
    'crypto/mlkem': 24,
    weak: 24,
  },
  ...{ 'testing/synctest': 25 },
};

/** Known failures of Go, each with its remedy: a flag of tg or a variable where possible. */
const known: readonly Known[] = [
  {
    said: /quic-go[^\n]*? (?:can't be built|doesn't build) on Go 1\.(\d+) yet/,
    hint: ([, minor]) =>
      `This version of quic-go needs Go 1.${Number(minor) - 1} or earlier: --build-cfg go_version=1.${Number(minor) - 1}.`,
  },
  {
    said: /quic-go[^\n]*? can't be built using outdated Go versions/,
    hint: () =>
      'This version of quic-go needs a later Go: raise go_version, for instance --build-cfg go_version=1.17.',
  },
  {
    said: /golang\.org\/x\/sys[^\n]*: \/?\/?go:linkname must refer to declared function or variable/,
    hint: () =>
      'golang.org/x/sys is too old for this Go: --dep golang.org/x/sys=@v0.1.0, or an older Go (--build-cfg go_version=1.17).',
  },
  {
    said: /tokeninternal[^\n]*: invalid array length -delta \* delta/,
    hint: () =>
      'golang.org/x/tools is too old for this Go: --dep golang.org/x/tools=@v0.24.1, or an older Go (--build-cfg go_version=1.24).',
  },
  {
    said: /link: ([^\n]*): invalid reference to (\S+)/,
    hint: ([, , name]) =>
      `A module uses ${name}, which Go 1.23 and later do not export. Let the linker accept it with GOFLAGS=-ldflags=-checklinkname=0, or upgrade that module with --dep MODULE=@latest.`,
  },
  {
    said: /inconsistent vendoring in/,
    hint: () =>
      'Update vendor/: run go mod vendor (or go work vendor) in the plan’s folder. GOFLAGS=-mod=mod ignores it.',
  },
  {
    said: /import lookup disabled by -mod=vendor/,
    hint: () =>
      'The plan has a vendor folder that lacks this package: run go mod vendor in the plan’s folder. GOFLAGS=-mod=mod ignores it.',
  },
  {
    said: /ambiguous import: found package (\S+) in multiple modules:\s+(\S+) v/,
    hint: ([, , module]) => `Upgrade the module that the package was moved out of: --dep ${module}=@latest.`,
  },
  {
    said: /module declares its path as: (\S+)\s+but was required as: (\S+)/,
    hint: ([, declared, required]) =>
      `The module was renamed: --dep ${required}=${declared}@latest, or require ${declared} in go.mod.`,
  },
  {
    said: /requires go >= (\d+\.\d+)(\S*) \(running go (\S+?);? GOTOOLCHAIN=(\S+)\)/,
    hint: ([, line, patch, , pinned]) =>
      `GOTOOLCHAIN=${pinned} prevents Go from using a later one: set GOTOOLCHAIN=auto, or install Go ${line}${patch}.`,
  },
  {
    said: /requires go >= (\d+\.\d+\S*) \(running go [^;)]*\)/,
    hint: ([, version]) => `Install Go ${version}, or use --build-cfg go_version=${version}.`,
  },
  {
    said: /note: module requires Go (1\.\d+)/,
    hint: ([, version]) => `A module requires Go ${version}: --build-cfg go_version=${version}.`,
  },
  {
    said: /download go(\S+)[^\n]*: (?:toolchain not available|golang\.org\/toolchain)/,
    hint: ([, version]) =>
      `Go ${version} cannot be fetched: install it, or lower the go and toolchain lines of go.mod.`,
  },
  {
    said: /package (\S+) is not in (?:std|GOROOT)\b/,
    hint: ([, name = '']) => {
      const minor = newcomers[name];
      return minor === undefined
        ? `${name} is read as a package of the standard library. Import a package of the plan through its module: MODULE/${name}.`
        : `${name} was added in Go 1.${minor}: --build-cfg go_version=1.${minor}.`;
    },
  },
  {
    said: /C compiler "(\S+)" not found|exec: "(gcc|clang|cc|g\+\+|clang\+\+)": executable file not found/,
    hint: ([, ...names]) =>
      `Install ${names.find((name) => name)}, or name another compiler with CC. If the plan needs no C, set CGO_ENABLED=0.`,
  },
  {
    said: /build constraints exclude all Go files in/,
    hint: () =>
      'No file of that package matches this machine: set its build tags with --selector TAG; files with import "C" need CGO_ENABLED=1 and a C compiler.',
  },
  {
    said: /fatal error: (\S+): No such file or directory/,
    hint: ([, header]) =>
      `Install the package that has ${header}, or name its folder with CGO_CFLAGS=-I/folder.`,
  },
  {
    said: /pkg-config(?: --\S+)*[^\n]*: (?:exec: )?"?pkg-config"?: executable file not found|Package (\S+) was not found in the pkg-config search path/,
    hint: ([, name]) =>
      name === undefined
        ? 'Install pkg-config.'
        : `Install ${name}, or name the folder of its .pc file with PKG_CONFIG_PATH.`,
  },
  {
    said: /(?:checksum mismatch|SECURITY ERROR)/,
    hint: () =>
      'A module does not match go.sum. If its author has republished it, update go.sum (go mod tidy in the plan’s folder); --build-cfg fresh_gomod=true ignores go.sum.',
  },
  {
    said: /could not read Username|terminal prompts disabled|Permission denied \(publickey\)|Repository not found/,
    hint: () =>
      'A private module needs GOPRIVATE and git credentials. A local copy also works: --dep MODULE=../folder.',
  },
  {
    said: /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|GOPROXY=off|TLS handshake timeout/,
    hint: () =>
      'Modules could not be fetched. Check GOPROXY; a vendor folder (go mod vendor) or --dep MODULE=../folder needs no network.',
  },
  {
    // The checksum database does not know private modules.
    said: /verifying [^\n]*: reading (\S+): [45]\d\d /,
    hint: ([, url = '']) =>
      `The checksum database (${hostOf(url)}) does not know that module. Set GONOSUMDB=MODULE for a private one, or GOSUMDB for another database.`,
  },
  {
    said: /^(?![^\n]*verifying )[^\n]*: reading (\S+): (401|407) ([^\n]*)/m,
    hint: ([, url = '', status, text]) =>
      `${hostOf(url)} answers ${status} ${text}: it requires credentials, which Go reads from ~/.netrc. Set GOPROXY for another proxy; a private module needs GOPRIVATE.`,
  },
  {
    said: /^(?![^\n]*verifying )[^\n]*: reading (\S+): (4(?!0[147]|10)\d\d|5\d\d) ([^\n]*)/m,
    hint: ([, url = '', status, text]) =>
      `${hostOf(url)} answers ${status} ${text}, so it is unknown whether the module exists. Set GOPROXY for another proxy; a private module needs GOPRIVATE; --dep MODULE=../folder needs no network.`,
  },
  {
    said: /(\S+?)(?:@\S+)?: reading \S+: (?:404|410) |unknown revision|invalid version/,
    hint: () =>
      'The module or version does not exist. Use another version (--dep MODULE=@version) or a folder (--dep MODULE=../folder); a private module needs GOPRIVATE.',
  },
  {
    said: /no required module provides|missing go\.sum entry|cannot find module|updates to go\.mod needed/,
    hint: () =>
      'If modules are missing, run go mod tidy in the plan’s folder, or use --build-cfg fresh_gomod=true.',
  },
];

/** The host of a URL, or of a prefix of one. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** The maximum number of hints shown. */
const maxHints = 3;

/** Returns hints for the output of a failed Go command, if its errors are known. */
export function hintsFor(said: string): string | undefined {
  const hints = known.flatMap(({ said: words, hint }) => {
    const found = words.exec(said);
    return found === null ? [] : hint(found);
  });
  return hints.length === 0 ? undefined : [...new Set(hints)].slice(0, maxHints).join('\n');
}
