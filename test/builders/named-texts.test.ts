import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkNeeded } from '../../src/builders/sources/left-out-notes.ts';
import { NamedPaths } from '../../src/builders/sources/named-paths.ts';
import { textsNamedBy } from '../../src/builders/sources/named-texts.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { folderWith } from '../support/temp.ts';

const called = 'its run line';

/** The kinds and names of the files that lines lead to. */
async function namedBy(files: Readonly<Record<string, string>>, ...lines: string[]): Promise<string[]> {
  const texts = await textsNamedBy({ root: await folderWith(files), lines, called });
  return texts.filter(({ kind }) => kind !== 'line').map(({ kind, name }) => `${kind} ${name}`);
}

describe('a search that starts from shell lines', () => {
  test('finds scripts, the scripts that they start, and programs', async () => {
    const files = {
      'run.sh': 'cd lib; . ./env\n./deep/start "$@"\n# sh unused.sh\n',
      'lib/env': '',
      'deep/start': '#!/usr/bin/env bash\nexec python3 ../main.py\nsh deep/next\n',
      'deep/next': 'true',
      'main.py': 'open("other.sh")',
      'other.sh': '',
      'unused.sh': '',
    };
    expect(await namedBy(files, './run.sh one')).toEqual([
      'script run.sh',
      'script deep/start',
      'program main.py',
      'script deep/next',
    ]);
  });

  test('finds the Makefile and package.json that make and npm read, and the scripts in them', async () => {
    const files = {
      Makefile: 'all:\n\tsh made.sh\n',
      'made.sh': '',
      'package.json': '\uFEFF{"scripts":{"start":"node x.js","bad":"sh s.sh"}}',
      'x.js': '',
      's.sh': '',
    };
    expect(await namedBy(files, 'make all')).toEqual(['script Makefile', 'script made.sh']);
    expect(await namedBy(files, 'npm start')).toEqual(['script package.json', 'program x.js', 'script s.sh']);
    expect(await namedBy({ 'package.json': '{"scripts":[1' }, 'npm start')).toEqual(['script package.json']);
  });

  test('skips files outside the plan and compiled programs, and ends if scripts call each other', async () => {
    const files = { 'a.sh': 'sh b.sh', 'b.sh': 'sh a.sh', compiled: '\0', 'sub/c.sh': '' };
    expect(await namedBy(files, 'sh a.sh; ./compiled; cat /etc/hosts ../../etc/hosts sub')).toEqual([
      'script a.sh',
      'script b.sh',
    ]);
  });

  test('property: finds scripts that a line names amid any other text, and never throws', async () => {
    const root = await folderWith({ 'a.sh': 'sh d/b.sh', 'd/b.sh': 'true' });
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (before, after) => {
        const lines = [`${before} sh a.sh ${after}`];
        const texts = await textsNamedBy({ root, lines, called });
        expect(texts.map(({ name }) => name)).toEqual(expect.arrayContaining([called, 'a.sh', 'd/b.sh']));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a folder of a plan', () => {
  const at = (kind: 'line' | 'script' | 'program', text: string, folder = '.') =>
    new NamedPaths([{ kind, name: 'x', folder, text }]);

  test.each([
    ['line', 'run target/x', true],
    ['line', 'ls target', true],
    ['line', 'ls targets target.txt', false],
    ['script', 'ls target', true],
    ['program', 'open("target/x")', true],
    // The name of a variable.
    ['program', 'target = 3', false],
  ] as const)('in a %s with `%s`, target counts as named: %s', (kind, text, isNamed) => {
    expect(at(kind, text).reachesInto('target')).toBe(isNamed);
  });

  test('may be named relative to the folder of a script', () => {
    expect(at('script', 'cat ../data/x', 'bin').reachesInto('data')).toBe(true);
  });
});

describe('a file that cannot be copied', () => {
  const [unreadable, pipe] = [
    { path: 'secret', kind: 'unreadable', why: 'it cannot be read: EACCES' },
    { path: 'pipe', kind: 'special', why: 'neither a file nor a folder' },
  ] as const;
  const named = (kind: 'line' | 'script' | 'program', text: string) => () => {
    const name = kind === 'line' ? 'its build or run line' : 'main.sh';
    checkNeeded('/plan', [unreadable, pipe], [{ kind, name, folder: '.', text }]);
  };

  test('is an error if a line or a script names it', () => {
    expect(named('line', 'cat secret')).toThrow('the plan needs secret, which is not copied');
    expect(named('script', '. ./secret')).toThrow(
      expect.objectContaining({ hint: 'It is named by main.sh. Fix that file, or its permissions.' }),
    );
    expect(named('line', 'cat pipe')).toThrow('the plan needs pipe');
  });

  test('is no error if it is a pipe that a script makes, or if only a program contains its name', () => {
    expect(named('script', 'mkfifo pipe')).not.toThrow();
    expect(named('program', 'secret = 3')).not.toThrow();
  });
});

describe('exec:generic', () => {
  async function built(files: Readonly<Record<string, string>>, config: Readonly<Record<string, string>>) {
    const dir = await folderWith(files);
    const warned: string[] = [];
    const more = { warn: (text: string) => warned.push(text) };
    const artifact = await buildHere({
      ...{ builder: 'exec:generic', dir, home: await someHome(), config, more },
    });
    return { warned, text: await printedBy(artifact), dir };
  }

  const archive = `${'c'.repeat(20)}.tgz`;

  test('copies a cache and an archive named like one of tg if a script names them, and warns otherwise', async () => {
    const files = {
      'target/CACHEDIR.TAG': '',
      'target/word': 'from target\n',
      [archive]: 'from archive\n',
      'main.sh': `cat target/word ${archive}`,
    };
    const run = 'sh main.sh';
    expect(await built(files, { run })).toMatchObject({ warned: [], text: 'from target\nfrom archive' });
    const without = await built({ ...files, 'main.sh': 'ls' }, { run });
    expect(without).toMatchObject({
      text: 'main.sh',
      warned: [
        `left out of the plan: ${archive} (collected outputs of tg, according to its name), target (a cache, according to its CACHEDIR.TAG)`,
      ],
    });
  });

  test.each([
    ['git describe --always || echo none', {}, 'its build or run line'],
    ['test -d .git || echo none', {}, 'its build or run line'],
    ['sh main.sh', { 'main.sh': 'git -c x=y rev-parse HEAD 2>/dev/null || echo none' }, 'main.sh'],
    [
      'node main.mjs',
      {
        'main.mjs':
          "import { spawnSync } from 'node:child_process';\nspawnSync('git', ['log']);\nconsole.log('none');",
      },
      'main.mjs',
    ],
  ])('warns that .git is left out if something reads it: %s', async (run, files, user) => {
    const { warned, text } = await built({ '.git/HEAD': '', ...files }, { run });
    expect(text).toContain('none');
    expect(warned).toEqual([
      `left out of the plan: .git, a repository; ${user} reads it and does not find it`,
    ]);
  });

  test('finishes on a git command with 50,000 options, and warns of nothing', async () => {
    const text = `git ${'-c a '.repeat(50_000)}`;
    const { warned } = await built({ '.git/HEAD': '', 'main.sh': text }, { run: 'echo x # main.sh' });
    expect(warned).toEqual([]);
  });

  test('does not warn of .git if nothing reads it, or if it does not exist', async () => {
    expect((await built({ '.git/HEAD': '' }, { run: 'git --version >/dev/null; echo x' })).warned).toEqual(
      [],
    );
    expect((await built({ '.gitignore': '' }, { run: 'git log 2>&1 | wc -l' })).warned).toEqual([]);
  });
});

describe('exec:node', () => {
  const home = someHome();

  test('copies a cache that its start script runs, and warns that .git, which a script reads, is left out', async () => {
    const dir = await folderWith({
      'out/CACHEDIR.TAG': '',
      'out/main.js': 'console.log("from out")',
      '.git/HEAD': '',
      'package.json': '{"scripts":{"prestart":"git describe || true","start":"node out/main.js"}}',
    });
    const warned: string[] = [];
    const more = { warn: (text: string) => warned.push(text) };
    const artifact = await buildHere({ builder: 'exec:node', dir, home: await home, more });
    expect(await printedBy(artifact)).toBe('from out');
    expect(warned).toEqual([
      'left out of the plan: .git, a repository; the line that starts it reads it and does not find it',
    ]);
  });

  test('copies a cache at the next build once a script names it', async () => {
    const dir = await folderWith({
      'out/CACHEDIR.TAG': '',
      'out/word': 'from out\n',
      'go.sh': 'echo nothing',
      'package.json': '{"scripts":{"start":"sh go.sh"}}',
    });
    const print = async () =>
      await printedBy(await buildHere({ builder: 'exec:node', dir, home: await home }));
    expect(await print()).toBe('nothing');
    await writeFile(join(dir, 'go.sh'), 'cat out/word');
    expect(await print()).toBe('from out');
  });
});
