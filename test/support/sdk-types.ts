import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './tg.ts';

const dist = join(root, 'dist');

/**
 * The declarations of `testground-tg/sdk` as one file for a plan: those of dist/sdk/index.d.ts and of all files that it
 * imports, in one module.
 * @throws Error if two files declare the same name, or import under another name: they do not fit into one module then.
 */
export async function sdkTypes(): Promise<string> {
  const texts = new Map<string, string>();
  await gather(join(dist, 'sdk', 'index.d.ts'), texts);
  const declared = new Map<string, string>();
  const parts = [...texts].map(([file, text]) => {
    for (const [, name = ''] of text.matchAll(declaration)) {
      if (declared.has(name)) throw new Error(`${name} is declared in ${file} and ${declared.get(name)}`);
      declared.set(name, file);
    }
    if (/\bas \w+ *[,}]/.test(text)) throw new Error(`${file} gives something another name`);
    return text
      .replace(/^import [^;]*;\n/gm, '')
      .replace(/^export \{[^;]*;\n/gm, '')
      .replace(/^export type \{[^;]*;\n/gm, '')
      .replace(/^(export )?declare /gm, '')
      .replace(/^export /gm, '');
  });
  const body = [...parts.slice(1), `export { ${(await exported()).join(', ')} };\n`].join('');
  return [
    '// What testground-tg/sdk offers, for editors and tsc: written by `tg plan create`. Where the package testground-tg is installed',
    '// beside the plan, its own declarations are the better ones: delete this file then.',
    "declare module 'testground-tg/sdk' {",
    body.replace(/^(?=.)/gm, '  ').trimEnd(),
    '}\n',
  ].join('\n');
}

const declaration = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/gm;

/** Collects the text of a declaration file, then those of the files that it imports. */
async function gather(file: string, texts: Map<string, string>): Promise<void> {
  const name = relative(dist, file);
  if (texts.has(name)) return;
  const text = await readFile(file, 'utf8');
  texts.set(name, text);
  for (const [, path = ''] of text.matchAll(/^(?:import|export) [^;]*from '(\.[^']+)\.ts';$/gm))
    await gather(resolve(dirname(file), `${path}.d.ts`), texts);
}

/** The names that index.d.ts exports, in alphabetical order. */
async function exported(): Promise<string[]> {
  const index = await readFile(join(dist, 'sdk', 'index.d.ts'), 'utf8');
  const lists = [...index.matchAll(/^export (type )?\{([^}]*)\}/gm)];
  return lists
    .flatMap(([, , names = '']) => names.split(',').filter((name) => name.trim() !== ''))
    .map((name) => name.replace(/\btype\b/, '').trim())
    .sort();
}
