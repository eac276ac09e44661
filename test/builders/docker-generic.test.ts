import { expect, test } from 'vitest';
import { prints } from '../support/builds.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';
import { single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

const manifest = `
name = "p"
[defaults]
builder = "docker:generic"
[builders."docker:generic"]
enabled = true
[builders."docker:generic".build_args]
build_image = "golang"
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 1 }
`;
const dockerfile = `ARG build_image
FROM \${build_image} AS builder
WORKDIR /build
COPY . .
RUN cd plan && go build -tags 'one two' -ldflags="-X main.word=linked" -o /testplan ./cmd/p

FROM busybox
COPY --from=builder /testplan /testplan
ENTRYPOINT ["/testplan", "--say", "some words"]
`;
const main = (tag: string) => `//go:build ${tag}

package main

import (
	"fmt"
	"os"
	"strings"
)

var word = "plain"

func main() { fmt.Println(word, strings.Join(os.Args[1:], "|")) }
`;

describeWith('go', 'a Go plan that uses docker:generic', () => {
  const files = {
    'manifest.toml': manifest,
    Dockerfile: dockerfile,
    'go.mod': 'module example.org/p\n\ngo 1.20\n',
    'cmd/p/main.go': main('two'),
  };

  test('is built and started as its Dockerfile says, and the replacement is reported', async () => {
    const machine = await someMachine(toolchainEnv());
    const plan = await folderWith(files);
    expect((await prints(machine, plan)).text).toBe('linked --say|some words');
    const { all } = await tg(machine, single(plan));
    expect(all).toContain(
      "exec:go replaces docker:generic, based on its Dockerfile: exec_pkg=./cmd/p build_flags=\"'-tags=one two'",
    );
    expect((await prints(machine, plan, '--build-cfg', 'args=other')).text).toBe('linked other');
  });

  test('exits 2 if make builds it, and shows the exec:generic section to write', async () => {
    const made = dockerfile.replace(/RUN .*/, 'RUN apt-get install -y make\nRUN cd plan && make plan');
    const { code, stderr } = await tg(
      await someMachine(toolchainEnv()),
      single(await folderWith({ ...files, Dockerfile: made })),
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        '[builders."exec:generic"]\n  build = "cd plan && make plan"\n  run = "/testplan --say some words"\n  Or build it with --builder exec:go.',
      ),
    ]);
  });
});

test('a Node plan that uses docker:generic is started as its Dockerfile says', async () => {
  const plan = await folderWith({
    'manifest.toml': manifest,
    Dockerfile: 'FROM node:16\nWORKDIR /app\nCOPY plan .\nRUN npm ci\nCMD ["node", "other.js"]\n',
    'package.json': '{"name":"p"}',
    'index.js': 'console.log("index")',
    'other.js': 'console.log("other")',
  });
  expect((await prints(await someMachine(), plan)).text).toBe('other');
});
