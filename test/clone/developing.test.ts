import { readFileSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { letGoOn } from '../support/inspector.ts';
import { tempDir } from '../support/temp.ts';
import { type Machine, onceSaid, outputsOf, root, someMachine, tg } from '../support/tg.ts';

/** Runs each command of docs/developing.md in the clone. */

const page = readFileSync(join(root, 'docs', 'developing.md'), 'utf8');
const inBlocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.trimEnd().split('\n'),
);
const inTable = [...page.matchAll(/^\|.*\| `([^`]+)` \|$/gm)].map(([, command = '']) => command);

/** Aborts when a test has ended, so that none leaves a process that waits for a debugger. */
let testEnded = new AbortController();
beforeEach(() => {
  testEnded = new AbortController();
});
afterEach(() => testEnded.abort());

/** Starts a command of the page. A debugger listens on a free port instead of the default one. */
function start({ env, temp }: Machine, command: string, cwd = root) {
  const here = command
    .replace(/--inspect-brk(?= (?!--)|$)/, '--inspect-brk=0')
    .replace('/tmp/prof', join(temp, 'prof'));
  return execa('bash', ['-c', here], {
    cwd,
    // Otherwise npm asks the registry for a newer npm.
    env: { ...env, npm_config_update_notifier: 'false' },
    extendEnv: false,
    reject: false,
    cancelSignal: testEnded.signal,
    all: true,
    stdin: 'ignore',
  });
}

/** The first group of the first match of a pattern in what a program prints. */
async function firstMatch(run: ReturnType<typeof start>, pattern: RegExp): Promise<string> {
  let said = '';
  for await (const chunk of run.all.iterator({ destroyOnReturn: false })) {
    said += chunk;
    const found = pattern.exec(said)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`never said ${pattern}: ${said}`);
}

async function expectSuccess(run: ReturnType<typeof start>): Promise<string> {
  const { exitCode, all } = await run;
  expect([exitCode, exitCode === 0 ? '' : all]).toEqual([0, '']);
  return all;
}

/** How each command of the page is tried: the first pattern that matches decides. */
const ways: readonly (readonly [
  means: RegExp,
  attempt: (machine: Machine, command: string) => Promise<void>,
])[] = [
  [/--inspect-brk/, attach],
  [/--hold/, startHeld],
  [/report --watch/, lookAtReport],
  [/^npm run dev -- why$/, whyOfARun],
  [/./, async (machine, command) => void (await expectSuccess(start(machine, command)))],
];

/** One machine for all tests, because tsx keeps what it has compiled among the temporary files. */
const machine = await someMachine();

test.each([...inBlocks, ...inTable])('works as in docs/developing.md: %s', async (command) => {
  const [, attempt] = ways.find(([means]) => means.test(command)) ?? [];
  await attempt?.(machine, command);
  expect.hasAssertions();
});

/** The program in which each debugger can set breakpoints. */
const programs = [
  [/scripts\/dev\/main\.js/, /\/scripts\/dev\/main\.js$/],
  [/NODE_OPTIONS/, /\/src\/main\.(ts|tg\.mjs)$/],
  [/vitest/, /\/vitest\/dist\//],
] as const;

async function attach(machine: Machine, command: string): Promise<void> {
  const run = start(machine, command);
  const read = await letGoOn(await firstMatch(run, /Debugger listening on (ws:\S+)/));
  const [, expected = /^$/] = programs.find(([means]) => means.test(command)) ?? [];
  expect(read.filter((url) => expected.test(url))).not.toEqual([]);
  await expectSuccess(run);
}

async function startHeld(machine: Machine, command: string): Promise<void> {
  const run = start(machine, command);
  const script = await firstMatch(run, /(\/\S+\/run\.sh)/);
  const held = await execa('sh', [script], { env: machine.env, extendEnv: false, reject: false });
  expect(held.exitCode).toBe(0);
  expect(await expectSuccess(run)).toContain('2 instances: 2 success');
}

async function lookAtReport(machine: Machine, command: string): Promise<void> {
  await expectSuccess(start(machine, 'npm run dev -- run single --plan example --testcase output'));
  // Without npm and with exec, because a shell in front does not pass a signal on.
  const run = start(machine, command.replace('npm run dev --', 'exec node scripts/dev/main.js'));
  const text = await (await fetch(await firstMatch(run, /(http:\/\/\S+)/))).text();
  const maps = [...text.matchAll(/sourceMappingURL=data:application\/json;base64,([\w+/=]+)/g)];
  const sources = maps.flatMap(
    ([, map = '']): string[] => JSON.parse(Buffer.from(map, 'base64').toString()).sources,
  );
  expect(sources.filter((source) => source.endsWith('src/report/page/main.tsx'))).toHaveLength(1);
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(0);
}

async function whyOfARun(machine: Machine, command: string): Promise<void> {
  const run = await expectSuccess(
    start(machine, 'npm run dev -- run single --plan example --testcase output'),
  );
  const [, runId] = /run is queued with ID: (\S+)/.exec(run) ?? [];
  expect(await expectSuccess(start(machine, command))).toContain(`run ${runId} of example:output: complete`);
}

/** A clone that was never built. */
async function clone(): Promise<string> {
  const dir = await tempDir();
  const leftOut = new Set(['.git', 'node_modules', 'dist', 'test'].map((name) => join(root, name)));
  await cp(root, dir, { recursive: true, filter: (path) => !leftOut.has(path) });
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

test('a clone that was never built runs plans, also detached and with tg on PATH, and uses changed sources', async () => {
  const dir = await clone();
  const dev = (args: string) => start(machine, `npm run --silent dev -- ${args}`, dir);
  await expectSuccess(dev('plan create --plan script --target generic --dir ./plan'));
  expect(await expectSuccess(dev('run single --plan ./plan --strict'))).toContain('2 instances: 2 success');
  const started = await expectSuccess(dev('run single --plan example --testcase sync --detach'));
  const [, runId = ''] = /run is queued with ID: (\S+)/.exec(started) ?? [];
  // Read with the built tg: both store runs in the same form.
  expect((await tg(machine, ['logs', '-f', '-t', runId])).code).toBe(0);
  expect(await outputsOf(machine, runId)).toContain(runId);
  const source = join(dir, 'src', 'cli', 'commands', 'plan', 'create.ts');
  const { stdout } = await execa('sed', ['-i', 's/new test plan created under/made for/', source]);
  expect([stdout, (await readFile(source, 'utf8')).includes('made for')]).toEqual(['', true]);
  expect(await expectSuccess(dev('plan create --plan other --target js --dir ./other'))).toContain(
    'made for: ./other',
  );
});

test('Ctrl-C ends a run whose instance waits for a debugger: exit 130', async () => {
  const args = [
    '--plan',
    'example',
    '--testcase',
    'output',
    '-i',
    '1',
    '--env',
    'NODE_OPTIONS=--inspect-brk=0',
  ];
  const run = execa(process.execPath, [join(root, 'scripts', 'dev', 'main.js'), 'run', 'single', ...args], {
    ...{ cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false, stdin: 'ignore' },
    stripFinalNewline: false,
  });
  await onceSaid(run as Parameters<typeof onceSaid>[0], 'Debugger listening on');
  run.kill('SIGINT');
  const { exitCode } = await run;
  expect(exitCode).toBe(130);
});
