import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../src/plan/docker/dockerfile.ts';
import { buildArgsOf, genericStandIn } from '../../src/plan/docker/generic.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { folderWith } from '../support/temp.ts';

const go = { 'go.mod': 'module p\n', 'main.go': '', 'cmd/node/main.go': '', 'sub/go.mod': 'module s\n' };
const node = { 'package.json': '{}', 'index.js': '', 'src/main.js': '', 'package-lock.json': '{}' };

/** The builder and configuration that replace docker:generic for a Dockerfile. */
async function standIn(
  dockerfile: string,
  files: Readonly<Record<string, string>> = go,
  buildArgs: Readonly<Record<string, string>> = {},
) {
  return genericStandIn(await folderWith({ Dockerfile: dockerfile, ...files }), buildArgs);
}

const example = `
ARG build_image
ARG run_image

FROM \${build_image} AS builder
WORKDIR /build
ENV CGO_ENABLED 0
COPY . .
RUN cd plan && go build -a -o /testplan

FROM \${run_image}
COPY --from=builder /testplan /testplan
COPY plan/artifact.txt /
EXPOSE 6060
ENTRYPOINT [ "/testplan"]
`;

describe('docker:generic with a go.mod', () => {
  test('becomes exec:go with the image that build_args name', async () => {
    const buildArgs = { build_image: 'golang:1.16-buster', run_image: 'busybox' };
    expect(await standIn(example, go, buildArgs)).toEqual({
      builder: 'exec:go',
      config: { build_base_image: 'golang:1.16-buster' },
      taken: ', based on its Dockerfile: build_base_image=golang:1.16-buster',
    });
    expect(await standIn(example)).toEqual({
      builder: 'exec:go',
      config: {},
      taken: ', based on its Dockerfile',
    });
  });

  test.each([
    [
      'a package, flags and arguments',
      'FROM golang:1.20 as b\nCOPY ./plan/ /src/\nWORKDIR /src\nRUN CGO_ENABLED=0 go build \\\n  -tags "a b" -ldflags="-s -w" -v \\\n  -o bin/node ./cmd/node\nFROM scratch\nCOPY --from=b /src/bin/node /usr/local/bin/node\nENTRYPOINT ["/usr/local/bin/node", "--listen"]\nCMD ["a b", "1"]',
      {
        exec_pkg: './cmd/node',
        build_flags: "'-tags=a b' '-ldflags=-s -w'",
        args: "--listen 'a b' 1",
        build_base_image: 'golang:1.20',
      },
    ],
    [
      'PLAN_PATH, ARGs with defaults, and one stage',
      'ARG GO_VERSION=1.19\nFROM golang:${GO_VERSION}-buster\nARG PLAN_PATH\nCOPY ${PLAN_PATH:-plan} /app\nWORKDIR /app/sub\nRUN go mod download\nRUN ["true"]\nRUN go build -o ../plan .\nCMD /app/plan --x',
      { path: 'sub', args: '--x', build_base_image: 'golang:1.19-buster' },
    ],
    [
      'a program without -o, found on PATH, and a package by its import path',
      'FROM golang\nCOPY . /go/src\nRUN cd /go/src/plan && go build p/cmd/node && mv node /bin\nENTRYPOINT ["node"]',
      { exec_pkg: 'p/cmd/node' },
    ],
    [
      'a stage based on another, and sh -c',
      'FROM golang:1.21 AS base\nCOPY plan /p\nFROM base\nWORKDIR /p\nRUN go build -o /plan ./cmd/node/\nENTRYPOINT ["sh", "-c", "exec /plan -v"]',
      { exec_pkg: './cmd/node', args: '-v' },
    ],
    [
      'one of several programs',
      'FROM golang:1.21\nCOPY plan /p\nWORKDIR /p\nRUN go build -o /other . && go build -o /plan ./cmd/node\nENTRYPOINT ["/plan"]',
      { exec_pkg: './cmd/node', build_base_image: 'golang:1.21' },
    ],
  ])('becomes exec:go with the configuration from %s', async (_, dockerfile, config) => {
    const { builder, config: found } = await standIn(dockerfile);
    expect({ builder, config: found }).toEqual({ builder: 'exec:go', config });
  });

  test('becomes exec:go if the Dockerfile uses the name of the plan’s folder', async () => {
    const dir = await folderWith(go);
    const { writeFile } = await import('node:fs/promises');
    const text = `FROM golang:1.23\nWORKDIR /app/\nCOPY ./ .\nWORKDIR /app/${basename(dir)}\nRUN go build -o /testplan ./cmd/node\nENTRYPOINT ["/testplan"]`;
    await writeFile(`${dir}/Dockerfile`, text);
    expect(genericStandIn(dir)).toMatchObject({ builder: 'exec:go', config: { exec_pkg: './cmd/node' } });
  });

  test('becomes exec:go, and lists the parts of the Dockerfile that it leaves out', async () => {
    const { taken } = await standIn(
      'FROM golang:1.20\nCOPY plan /p\nWORKDIR /p\nRUN go build -ldflags "-X main.v=$(date)" -o /plan\nENV LEVEL=debug\nENTRYPOINT ["/plan"]',
    );
    expect(taken).toBe(
      ', based on its Dockerfile: build_base_image=golang:1.20; left out: -ldflags=-X main.v=$(date), ENV LEVEL',
    );
  });

  test.each([
    [
      'the Dockerfile starts another program',
      'FROM golang\nCOPY plan /p\nWORKDIR /p\nRUN go build -o /plan\nENTRYPOINT ["/entrypoint.sh"]',
    ],
    ['make builds it', 'FROM golang\nCOPY plan /p\nWORKDIR /p\nRUN make\nENTRYPOINT ["/p/plan"]'],
    [
      'its start line needs a shell',
      'FROM golang\nCOPY plan /p\nWORKDIR /p\nRUN go build -o /plan\nENTRYPOINT /plan | tee x',
    ],
    [
      'the sources are cloned',
      'FROM golang\nRUN git clone x /p\nWORKDIR /p\nRUN go build -o /plan\nENTRYPOINT ["/plan"]',
    ],
    ['the Dockerfile starts nothing', 'FROM golang\nCOPY plan /p\nWORKDIR /p\nRUN go build -o /plan'],
  ])('becomes exec:generic if %s', async (_, dockerfile) => {
    expect((await standIn(dockerfile)).builder).toBe('exec:generic');
  });
});

describe('docker:generic with a package.json', () => {
  test.each([
    [
      'COPY plan/package*.json ./\nRUN npm ci\nCOPY plan .\nCMD ["node", "index.js"]',
      { entry: 'index.js' },
      ': entry=index.js',
    ],
    [
      'COPY . .\nWORKDIR plan\nRUN npm install\nENTRYPOINT node src/main.js',
      { entry: 'src/main.js' },
      ': entry=src/main.js',
    ],
    ['COPY plan .\nRUN npm ci\nCMD ["npm", "start"]', {}, ''],
    [
      'COPY plan .\nCMD ["node", "--expose-gc", "/app/index.js", "--fast"]',
      { entry: 'index.js' },
      ': entry=index.js; left out: --expose-gc, --fast',
    ],
  ])('becomes exec:node: %s', async (rest, config, taken) => {
    const found = await standIn(`FROM node:16\nWORKDIR /app\n${rest}\n`, node);
    expect(found).toEqual({ builder: 'exec:node', config, taken: `, based on its Dockerfile${taken}` });
  });

  test('becomes exec:generic if npm starts another script than `start`', async () => {
    const other = await standIn('FROM node:16\nCOPY plan .\nCMD ["npm", "run", "other"]', node);
    expect(other.builder).toBe('exec:generic');
  });
});

test('docker:generic becomes exec:rust with a Cargo.toml, and exec:generic without a Dockerfile', async () => {
  expect((await standIn(example, { ...go, 'Cargo.toml': '' })).builder).toBe('exec:rust');
  expect(genericStandIn(await folderWith(go)).builder).toBe('exec:generic');
});

test('the build_args of the manifest are read as text', async () => {
  const dir = await folderWith({
    'manifest.toml':
      'name = "p"\n[builders."docker:generic".build_args]\nbuild_image = "golang:1.16"\nlevel = 3\n',
  });
  const { data } = await readManifest(dir);
  expect(buildArgsOf(data)).toEqual({ build_image: 'golang:1.16', level: '3' });
});

test.each([
  '',
  'FROM',
  'RUN x\nCMD [',
  'FROM a\nCMD ["x"',
  'FROM a\nENV A\nARG\nCOPY\nCOPY x\nWORKDIR',
  '\\\n\\',
])('a broken Dockerfile has no start command: %j', (text) => {
  expect(readDockerfile(text, {}).start).toBeUndefined();
});
