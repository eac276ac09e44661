import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, asyncProperty, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { folderWith } from '../support/temp.ts';

const entry = `import { word } from '../shared/word';
import { far } from '@far';
interface Props { readonly a?: string }
class Kept { readonly value?: string }
console.log(word, far, Object.keys(new Kept()).length);`;

/** The files that a repository around a plan may have, with the versions of each. */
const versions: Readonly<Record<string, readonly string[]>> = {
  'shared/word/index.ts': ['export const word = "index";', 'export { word } from "../deep.ts";'],
  'shared/word.ts': ['export const word: string = "beside";', 'export { word } from "./deep.ts";'],
  'shared/deep.ts': ['export const word = "deep";', 'export const word = "deeper";'],
  'far-a.ts': ['export const far = 1;', 'export const far = 2;'],
  'far-b.ts': ['export const far = 3;'],
  'tsconfig.json': [
    '{"compilerOptions":{"paths":{"@far":["./far-a.ts"]}}}',
    '{"compilerOptions":{"paths":{"@far":["./far-b.ts"]},"useDefineForClassFields":false}}',
    '{"extends":"./base.json"}',
  ],
  'base.json': [
    '{"compilerOptions":{"paths":{"@far":["./far-b.ts"]}}}',
    '{"compilerOptions":{"paths":{"@far":["./far-a.ts"]}}}',
  ],
  'plan/tsconfig.json': ['{"extends":"../base.json"}'],
};

const start = {
  'plan/index.ts': entry,
  'shared/word/index.ts': 'export const word = "index";',
  'shared/deep.ts': 'export const word = "deep";',
  'far-a.ts': 'export const far = 1;',
  'tsconfig.json': '{"compilerOptions":{"paths":{"@far":["./far-a.ts"]}}}',
};

/** What a plan prints when it is built in a home, or the error of the build. */
async function outcomeOf(dir: string, home: Awaited<ReturnType<typeof someHome>>): Promise<string> {
  try {
    return await printedBy(await buildHere({ builder: 'exec:node', dir, home }));
  } catch (error) {
    return `error: ${String(error)}`;
  }
}

describe('a TypeScript plan', () => {
  test('property: prints the same as when built from scratch, whatever files change around it', {
    timeout: 120_000,
  }, async () => {
    const change = record({
      file: constantFrom(...Object.keys(versions)),
      version: option(integer({ min: 0, max: 2 })),
    });
    const root = await folderWith(start);
    const [dir, home] = [join(root, 'plan'), await someHome()];
    await assert(
      asyncProperty(change, async ({ file, version }) => {
        const text = version === null ? undefined : versions[file]?.[version];
        if (text === undefined) await rm(join(root, file), { force: true });
        else {
          await mkdir(dirname(join(root, file)), { recursive: true });
          await writeFile(join(root, file), text);
        }
        expect(await outcomeOf(dir, home)).toBe(await outcomeOf(dir, await someHome()));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test.each([
    [
      'a file that a file outside the plan has begun to import',
      { 'shared/word/index.ts': 'export { word } from "../deep.ts";' },
      { 'shared/deep.ts': 'export const word = "new";' },
      'new 1 1',
    ],
    [
      'a tsconfig.json above the plan',
      {},
      { 'far-b.ts': 'export const far = 3;', 'tsconfig.json': versions['tsconfig.json']?.[1] ?? '' },
      'index 3 0',
    ],
    [
      'a file that tsconfig.json extends',
      {
        'tsconfig.json': '{"extends":"./base.json"}',
        'base.json': '{"compilerOptions":{"paths":{"@far":["./far-a.ts"]}}}',
        'far-b.ts': 'export const far = 3;',
      },
      { 'base.json': '{"compilerOptions":{"paths":{"@far":["./far-b.ts"]}}}' },
      'index 3 1',
    ],
    [
      'a new file that takes precedence over another',
      {},
      { 'shared/word.ts': 'export const word = "first";' },
      'first 1 1',
    ],
  ])('is rebuilt because of %s', async (_, before, after, printed) => {
    const root = await folderWith(start);
    const write = async (files: Readonly<Record<string, string>>) => {
      for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
    };
    const [dir, home] = [join(root, 'plan'), await someHome()];
    await buildHere({ builder: 'exec:node', dir, home });
    await write(before);
    await buildHere({ builder: 'exec:node', dir, home });
    await write(after);
    expect(await printedBy(await buildHere({ builder: 'exec:node', dir, home }))).toBe(printed);
  });

  test('is not rebuilt if nothing has changed', async () => {
    const [dir, home] = [join(await folderWith(start), 'plan'), await someHome()];
    const builds = new Set<string>();
    for (let build = 0; build < 3; build++) {
      const { key } = await buildHere({ builder: 'exec:node', dir, home });
      builds.add(`${key} ${(await stat(join(home.work, key))).ino}`);
    }
    expect(builds.size).toBe(1);
  });
});

describe('an artifact', () => {
  test.each(['plan/index.tg.mjs', 'artifact.json'])('is rebuilt if its %s is missing', async (part) => {
    const [dir, home] = [join(await folderWith(start), 'plan'), await someHome()];
    const { key } = await buildHere({ builder: 'exec:node', dir, home });
    await rm(join(home.work, key, part));
    const again = await buildHere({ builder: 'exec:node', dir, home });
    expect([again.key, await printedBy(again)]).toEqual([key, 'index 1 1']);
    expect(await readFile(join(home.work, key, part), 'utf8')).not.toBe('');
  });
});
