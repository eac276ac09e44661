import { readFileSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { sdks } from '../support/compat.ts';
import { type Machine, root, someMachine, tg } from '../support/tg.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/cli.md',
  'docs/compositions.md',
  'docs/library.md',
  'docs/tutorial.md',
  'docs/writing-a-plan.md',
  'docs/architecture.md',
  'docs/adding-a-runner.md',
  'docs/builders.md',
  'docs/compatibility.md',
  'docs/verdicts.md',
  'docs/security.md',
  'docs/performance.md',
  'docs/metrics.md',
  'docs/report.md',
  'docs/gallery.md',
  'docs/faults.md',
  'plans/example/README.md',
  'plans/faults/README.md',
  'plans/gossip/README.md',
  'plans/kv/README.md',
];

/** Their commands run elsewhere: test/compat, test/netns/docs.test.ts. */
const pagesElsewhere = ['docs/python.md', 'docs/networks.md', 'plans/net/README.md'];

const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** The code blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  return [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** Commands that install or run tests: the file that executes each, and a text in it. */
const carriedOutBy: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'npm ci': ['.ci/run', 'npm ci'],
  'npm test': ['.ci/bare', 'npm test'],
  'npm ci && npm test': ['.ci/bare', 'npm ci && time npm test'],
  'npm run install:user': ['test/clone/package.test.ts', 'the commands of README.md install tg from a clone'],
  'export PATH="$HOME/.local/bin:$PATH"': [
    'test/clone/package.test.ts',
    'the commands of README.md install tg from a clone',
  ],
  'npm run gallery': ['test/browser/gallery.test.ts', 'scripts/gallery/main.ts'],
  'npm run soak': ['package.json', 'TG_SOAK_RUNS=300 vitest run test/soak'],
  'npm run fuzz': ['package.json', 'TG_FUZZ=long vitest run test/fuzz'],
};

// test/e2e/tutorial.test.ts executes the commands of the tutorial, in order.
const documented = pages
  .filter((page) => page !== 'docs/tutorial.md')
  .flatMap((page) =>
    blocks(page, 'sh').flatMap((block) =>
      block
        .trimEnd()
        .split('\n')
        .map((command) => [page, command] as const),
    ),
  );
const commands = documented.filter(([, command]) => !(command in carriedOutBy));

/** Writes the plan in a page’s `ts` and `toml` blocks to ./hello. */
async function makePlan(machine: Machine, page: string): Promise<void> {
  await mkdir(join(machine.cwd, 'hello'));
  const [code = ''] = blocks(page, 'ts');
  const [manifest = ''] = blocks(page, 'toml');
  await writeFile(join(machine.cwd, 'hello', 'index.ts'), code);
  await writeFile(join(machine.cwd, 'hello', 'manifest.toml'), manifest.replace(/^entry = .*$/m, ''));
}

test.each(Object.entries(carriedOutBy))(
  '%s is in the docs and is executed elsewhere',
  (command, [file, text]) => {
    expect(documented.map(([, its]) => its)).toContain(command);
    expect(textOf(file)).toContain(text);
  },
);

let hasRun: { readonly home: string; readonly runId: string; readonly series: string };
beforeAll(async () => {
  const machine = await someMachine();
  const twice = ['--repeat', '2', '--keep-passed', '--label', 'nightly'];
  const { runId, stdout } = await tg(machine, ['run', 'single', '-p', 'example', '-t', 'output', ...twice]);
  hasRun = { home: machine.home, runId, series: /series ID: (\S+)/.exec(stdout)?.[1] ?? '' };
});

test.concurrent.each(commands)('%s: %s exits as documented', async (page, command) => {
  const machine = await someMachine();
  if (command.includes('./hello')) await makePlan(machine, page);
  for (const block of blocks(page, 'toml')) {
    const name = /^# (\S+\.toml)\n/.exec(block)?.[1];
    if (name !== undefined && command.includes(name)) await writeFile(join(machine.cwd, name), block);
  }
  if (/<run id>|<series id>|latest|nightly/.test(command))
    await cp(hasRun.home, machine.home, { recursive: true, verbatimSymlinks: true });
  const here = command
    .replace(/^(npm ci && )?npx tg /, 'tg ')
    .replace(/^tg /, `${process.execPath} ${root}/bin/tg.js `)
    .replaceAll('<run id>', hasRun.runId)
    .replaceAll('<series id>', hasRun.series);
  const { exitCode, stderr } = await execa('bash', ['-c', here], {
    cwd: machine.cwd,
    env: machine.env,
    extendEnv: false,
    reject: false,
  });
  // A command that is to fail ends with `# exit CODE`.
  expect(exitCode, stderr).toBe(Number(/ # exit (\d+)$/.exec(command)?.[1] ?? 0));
});

test.each([...pages, ...pagesElsewhere])(
  '%s: explains before its first command how to call tg in a clone',
  (page) => {
    const [before = '', ...blocksAfter] = textOf(page).split(/^```(?:sh|bash)\n(?=[^`]*\btg )/m);
    if (page !== 'README.md' && blocksAfter.length > 0)
      expect(before).toMatch(
        /^In a clone, write `npx tg` for `tg`, see \[install\]\(\S*README\.md#install\)\.$/m,
      );
  },
);

test('the docs have commands', () => {
  expect(commands.length).toBeGreaterThan(8);
});

test('the plan of writing-a-plan.md passes', async () => {
  const machine = await someMachine();
  await makePlan(machine, 'docs/writing-a-plan.md');
  const { code, all } = await tg(machine, ['run', 'single', '-p', './hello']);
  expect(code, all).toBe(0);
});

test.each([...pages, ...pagesElsewhere, 'docs/developing.md', 'CODE_OF_CONDUCT.md'])(
  '%s: every relative link leads to a file',
  (page) => {
    for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(target))
        expect(() => readFileSync(join(root, page, '..', target)), target).not.toThrow();
    }
  },
);

test('compatibility.md has a row for each tested SDK and names a test for each column', () => {
  const page = textOf('docs/compatibility.md');
  const source = readFileSync(join(root, 'test', 'compat', 'sdks.test.ts'), 'utf8');
  const rowsOf = (heading: string) => {
    const [, table = ''] = page.split(heading);
    const lines = table.slice(0, table.indexOf('\n\n')).trim().split('\n').slice(1);
    return lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  };
  const [, header = ''] = /^\| \| (.*) \|$/m.exec(page) ?? [];
  const rows = rowsOf(header);
  const cells = rows.filter(([first]) => !first?.startsWith('-'));
  expect(cells.map(([sdk]) => sdk)).toEqual(Object.keys(sdks));
  // The tests have the exceptions to "yes" too: `traits` of sdks.test.ts.
  const words = new Set(['yes', 'as a failure', 'none of its own', 'in files', 'events in run.out']);
  for (const cell of cells.flatMap(([, ...row]) => row)) expect(words).toContain(cell);
  const tests = rowsOf('| column | test |');
  expect(tests.map(([column]) => column).filter((column) => !column?.startsWith('-'))).toEqual(
    header.split(' | '),
  );
  for (const [, title = ''] of tests) if (!title.startsWith('-')) expect(source).toContain(`'${title}'`);
});

test('the programs of library.md run', async () => {
  const machine = await someMachine();
  const [program = '', asTest = ''] = blocks('docs/library.md', 'js');
  await mkdir(join(machine.cwd, 'node_modules'));
  for (const name of ['vitest'])
    await symlink(join(root, 'node_modules', name), join(machine.cwd, 'node_modules', name));
  await symlink(root, join(machine.cwd, 'node_modules', 'testground-tg'));
  await writeFile(join(machine.cwd, 'run.mjs'), program);
  await writeFile(join(machine.cwd, 'plan.test.mjs'), asTest);
  const options = { cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false } as const;
  const run = await execa(process.execPath, ['run.mjs'], options);
  expect([run.exitCode, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toMatch(/^single\[000\] 0$/m);
  expect(run.stdout).toMatch(/^success \{ success: 2 \}$/m);
  expect(run.stdout).toContain('key: param1, value: 7');
  const tests = await execa(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'],
    options,
  );
  expect([tests.exitCode, tests.stdout]).toEqual([0, expect.stringMatching(/Tests .*1 passed/)]);
});
