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

/** What lines lead to: names and kinds. */
async function namedBy(files: Readonly<Record<string, string>>, ...lines: string[]): Promise<string[]> {
  const texts = await textsNamedBy({ root: await folderWith(files), lines, called });
  return texts.filter(({ kind }) => kind !== 'line').map(({ kind, name }) => `${kind} ${name}`);
}

describe('what lines for the shell lead to', () => {
  test('scripts, what those start in turn, and programs', async () => {
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

  test('the files that make and npm read', async () => {
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

  test('nothing outside of the plan, no compiled program, no end that never comes', async () => {
    const files = { 'a.sh': 'sh b.sh', 'b.sh': 'sh a.sh', compiled: '\0', 'sub/c.sh': '' };
    expect(await namedBy(files, 'sh a.sh; ./compiled; cat /etc/hosts ../../etc/hosts sub')).toEqual([
      'script a.sh',
      'script b.sh',
    ]);
  });

  test('property: whatever the lines are, what they name is found, and nothing throws', async () => {
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

describe('a place in a plan', () => {
  const at = (kind: 'line' | 'script' | 'program', text: string, folder = '.') =>
    new NamedPaths([{ kind, name: 'x', folder, text }]);

  test.each([
    ['line', 'run target/x', true],
    ['line', 'ls target', true],
    ['line', 'ls targets target.txt', false],
    ['script', 'ls target', true],
    ['program', 'open("target/x")', true],
    // A variable is called so.
    ['program', 'target = 3', false],
  ] as const)('%s: %s names target: %s', (kind, text, isNamed) => {
    expect(at(kind, text).reachesInto('target')).toBe(isNamed);
  });

  test('may be named from the folder of a script', () => {
    expect(at('script', 'cat ../data/x', 'bin').reachesInto('data')).toBe(true);
  });
});

describe('what cannot be copied', () => {
  const [unreadable, pipe] = [
    { path: 'secret', kind: 'unreadable', why: 'it cannot be read: EACCES' },
    { path: 'pipe', kind: 'special', why: 'neither a file nor a folder' },
  ] as const;
  const named = (kind: 'line' | 'script' | 'program', text: string) => () => {
    const name = kind === 'line' ? 'its build or run line' : 'main.sh';
    checkNeeded('/plan', [unreadable, pipe], [{ kind, name, folder: '.', text }]);
  };

  test('fails at once where a line, or a script that it starts, names it', () => {
    expect(named('line', 'cat secret')).toThrow('the plan needs secret, which is not copied');
    expect(named('script', '. ./secret')).toThrow(
      expect.objectContaining({ hint: 'It is named by main.sh. Fix that file, or its permissions.' }),
    );
    expect(named('line', 'cat pipe')).toThrow('the plan needs pipe');
  });

  test('does not fail for a pipe that a script makes, nor for a word of a program', () => {
    expect(named('script', 'mkfifo pipe')).not.toThrow();
    expect(named('program', 'secret = 3')).not.toThrow();
  });
});

describe('what exec:generic leaves out', () => {
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

  test('a cache, and an archive that is called like one of tg, are taken where a script names them', async () => {
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
  ])('a repository is said where something reads it: %s', async (run, files, user) => {
    const { warned, text } = await built({ '.git/HEAD': '', ...files }, { run });
    expect(text).toContain('none');
    expect(warned).toEqual([
      `left out of the plan: .git, a repository; ${user} reads it and does not find it`,
    ]);
  });

  test('words without end take no time to be looked through', async () => {
    const text = `git ${'-c a '.repeat(50_000)}`;
    const { warned } = await built({ '.git/HEAD': '', 'main.sh': text }, { run: 'echo x # main.sh' });
    expect(warned).toEqual([]);
  });

  test('a repository goes without saying otherwise, and no line is made of one that is not there', async () => {
    expect((await built({ '.git/HEAD': '' }, { run: 'git --version >/dev/null; echo x' })).warned).toEqual(
      [],
    );
    expect((await built({ '.gitignore': '' }, { run: 'git log 2>&1 | wc -l' })).warned).toEqual([]);
  });
});

describe('what exec:node leaves out', () => {
  const home = someHome();

  test('a cache from which it is started is taken, a repository that its script reads is said', async () => {
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

  test('what is added to a script counts at the next build', async () => {
    const dir = await folderWith({
      'out/CACHEDIR.TAG': '',
      'out/word': 'from out\n',
      'go.sh': 'echo nothing',
      'package.json': '{"scripts":{"start":"sh go.sh"}}',
    });
    const print = async () => {
      const { command, dir: cwd } = await buildHere({ builder: 'exec:node', dir, home: await home });
      return { command, cwd };
    };
    await print();
    await writeFile(join(dir, 'go.sh'), 'cat out/word');
    const { command, cwd } = await print();
    expect(await printedBy({ command, dir: cwd } as never)).toBe('from out');
  });
});
