import { describe, expect, test } from 'vitest';
import { hintsFor } from '../../src/builders/go/hints.ts';
import { neededToBuild, neededToStart } from '../../src/builders/go/needs.ts';
import { textOfGo } from '../../src/builders/go/version.ts';

const quic =
  'internal/qtls/go119.go:6:13: cannot use "The version of quic-go you\'re using can\'t be built on Go 1.19 yet. For more details, please see https://github.com/lucas-clemente/quic-go/wiki/quic-go-and-Go-versions." (untyped string constant) as int value in variable declaration';
const olderQuic =
  'internal/qtls/go118.go:5:13: cannot use "quic-go doesn\'t build on Go 1.18 yet." (untyped string constant) as int value in variable declaration';

/** Messages that Go 1.15 to 1.26 printed when this was written, and what the hint must name. */
const said: readonly (readonly [words: string, mend: string])[] = [
  [quic, '--build-cfg go_version=1.18'],
  [olderQuic, '--build-cfg go_version=1.17'],
  [
    'go_oldversion.go:7:5: cannot use "The version of quic-go you\'re using can\'t be built using outdated Go versions. For more details, please see" (type untyped string) as type int in assignment\nnote: module requires Go 1.16',
    'later Go',
  ],
  [
    '# golang.org/x/tools/internal/tokeninternal\n/go/pkg/mod/golang.org/x/tools@v0.10.0/internal/tokeninternal/tokeninternal.go:78:9: invalid array length -delta * delta (constant -256 of type int64)',
    '--dep golang.org/x/tools=@v0.24.1',
  ],
  ['link: example.org/p: invalid reference to syscall.recvmsg', 'GOFLAGS=-ldflags=-checklinkname=0'],
  [
    'go: inconsistent vendoring in /p:\n\texample.org/lib@v1.0.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt',
    'go mod vendor',
  ],
  [
    'main.go:3:8: ambiguous import: found package google.golang.org/genproto/googleapis/rpc/status in multiple modules:\n\tgoogle.golang.org/genproto v0.0.0-20200526211855-cb27e3aa2013 (/a)\n\tgoogle.golang.org/genproto/googleapis/rpc v0.0.0-20230525234030-28d5490b6b19 (/b)',
    '--dep google.golang.org/genproto=@latest',
  ],
  [
    'go: github.com/quic-go/quic-go@v0.27.0: parsing go.mod:\n\tmodule declares its path as: github.com/lucas-clemente/quic-go\n\t        but was required as: github.com/quic-go/quic-go',
    '--dep github.com/quic-go/quic-go=github.com/lucas-clemente/quic-go@latest',
  ],
  ['go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)', 'GOTOOLCHAIN=auto'],
  [
    'go: golang.org/x/tools@v0.40.0 requires go >= 1.24.0 (running go 1.21.13; GOTOOLCHAIN=go1.21.13)',
    'install Go 1.24.0',
  ],
  ['main.go:3:8: package foo/bar is not in std (/usr/local/go/src/foo/bar)', 'MODULE/foo/bar'],
  ['main.go:5:2: package log/slog is not in GOROOT (/sdk/src/log/slog)', '--build-cfg go_version=1.21'],
  [
    '# runtime/cgo\ncgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH',
    'CGO_ENABLED=0',
  ],
  ['./main.go:4:10: fatal error: zmq.h: No such file or directory', 'zmq.h'],
  ['go: example.org/lib@master: module lookup disabled by GOPROXY=off', 'Check GOPROXY'],
  [
    'main.go:2:8: example.org/lib@v1.0.0: reading http://127.0.0.1:81/example.org/lib/@v/v1.0.0.zip: 403 Forbidden',
    '127.0.0.1:81 answers 403 Forbidden, so it is unknown whether the module exists. Set GOPROXY for another proxy',
  ],
  [
    'main.go:2:8: example.org/lib@v1.0.0: reading http://127.0.0.1:81/example.org/lib/@v/v1.0.0.zip: 401 Unauthorized',
    '127.0.0.1:81 answers 401 Unauthorized: it requires credentials',
  ],
  [
    'main.go:2:8: example.org/lib@v1.0.0: reading http://127.0.0.1:81/example.org/lib/@v/v1.0.0.zip: 503 Service Unavailable',
    '127.0.0.1:81 answers 503 Service Unavailable, so it is unknown whether the module exists',
  ],
  [
    'main.go:2:8: example.org/lib@v1.0.0: reading http://127.0.0.1:81/example.org/lib/@v/v1.0.0.zip: 404 Not Found',
    'The module or version does not exist',
  ],
  [
    'go: golang.org/x/text@v0.3.0: verifying go.mod: golang.org/x/text@v0.3.0/go.mod: initializing sumdb.Client: checking tree#71848828: reading http://127.0.0.1:81/tile/8/3/000.p/4: 403 Forbidden',
    'The checksum database (127.0.0.1:81) does not know that module',
  ],
];

/** Messages from Go's sources and others' reports: not reproduced here, and no fix was tried. */
const reported: readonly (readonly [words: string, mend: string])[] = [
  [
    '# golang.org/x/sys/unix\n/go/pkg/mod/golang.org/x/sys@v0.0.0-20200323222414-85ca7c5b95cd/unix/syscall_darwin.1_13.go:25:3: //go:linkname must refer to declared function or variable',
    '--dep golang.org/x/sys=@v0.1.0',
  ],
  [
    'main.go:3:8: cannot find module providing package example.org/lib/x: import lookup disabled by -mod=vendor\n\t(Go version in go.mod is at least 1.14 and vendor directory exists.)',
    'lacks this package',
  ],
  ['x.go:5:6: undefined: any\nnote: module requires Go 1.18', '--build-cfg go_version=1.18'],
  ['package example.org/p: build constraints exclude all Go files in /p', '--selector TAG'],
  ['verifying example.org/x@v1.0.0: checksum mismatch', 'fresh_gomod=true'],
  [
    "main.go:3:8: module example.org/p: git ls-remote -q origin: fatal: could not read Username for 'https://example.org': terminal prompts disabled",
    'GOPRIVATE',
  ],
  [
    'go: example.org/x@v1.0.0: Get "https://example.org/x": dial tcp: lookup example.org: no such host',
    'Check GOPROXY',
  ],
  [
    'main.go:3:8: no required module provides package example.org/x; to add it:\n\tgo get example.org/x',
    'fresh_gomod=true',
  ],
  [
    'main.go:5:2: missing go.sum entry for module providing package github.com/x/y (imported by p); to add:\n\tgo get p',
    'go mod tidy',
  ],
  ['go: updates to go.mod needed; to update it:\n\tgo mod tidy', 'go mod tidy'],
];

describe('the hint for a failure of Go', () => {
  test.each([...said, ...reported])('names the fix for: %s', (text, mend) => {
    expect(hintsFor(text)).toContain(mend);
  });

  test.each([401, 403, 407, 429, 451, 500, 502, 503])(
    'is one line, and does not call a module missing, if the proxy answers %i',
    (status) => {
      const text = `go: example.org/lib@v1.0.0: reading https://proxy.example.org/x.info: ${status} Words`;
      const hint = hintsFor(text);
      expect(hint).toMatch(new RegExp(`^proxy\\.example\\.org answers ${status} Words.*\\.$`));
      expect(hint).not.toContain('does not exist');
    },
  );

  test.each([404, 410])('says that the module does not exist if the proxy answers %i', (status) => {
    const text = `go: example.org/lib@v1.0.0: reading https://proxy.example.org/x.info: ${status} Words`;
    expect(hintsFor(text)).toMatch(/^The module or version does not exist\..*$/);
  });

  test('is absent for an ordinary compile error', () => {
    expect(hintsFor('# example.org/p\n./print.go:4:2: undefined: x')).toBeUndefined();
  });
});

test('neededToBuild reads the required Go version from an error message of quic-go', () => {
  const needed = [quic, olderQuic, 'undefined: x'].map((text) => neededToBuild(text));
  expect(needed.map((each) => each && textOfGo(each.version))).toEqual(['1.18', '1.17', undefined]);
});

test('neededToStart reads from the modules of a program which Go version it needs to start', () => {
  const about = (module: string) =>
    `plan: go1.26.8\n\tpath\texample.org/p\n\tdep\t${module}\tv0.1.0\th1:x=\n`;
  const needed = (module: string, minor: number) => {
    const found = neededToStart(about(module), { minor, patch: 8, pre: '' });
    return found && textOfGo(found.version);
  };
  expect(needed('github.com/marten-seemann/qtls-go1-15', 26)).toBe('1.15');
  expect(needed('github.com/marten-seemann/qtls-go1-15', 15)).toBeUndefined();
  expect(needed('github.com/marten-seemann/qtls', 15)).toBe('1.14');
  expect(needed('github.com/quic-go/qtls-go1-20', 26)).toBeUndefined();
});
