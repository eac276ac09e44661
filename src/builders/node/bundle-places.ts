import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { isInside } from '../sources/inside.ts';

/** What a file says about its own place, and the name that stands for it in a bundle. */
export const placeNames: Readonly<Record<string, string>> = {
  'import.meta.url': 'tgModuleUrl',
  'import.meta.filename': 'tgModuleFile',
  'import.meta.dirname': 'tgModuleFolder',
  __filename: 'tgModuleFile',
  __dirname: 'tgModuleFolder',
  'require.main': 'tgModuleMain',
};

const asksForPlace = /\bimport\.meta\b|\b__(?:file|dir)name\b|\brequire\.main\b/;
/** They have to stay first. */
const beginning = /^\uFEFF?(?:#![^\n]*\n)?(?:\s*(?:"use strict"|'use strict')\s*;?)?/;

/**
 * Gives each file of a bundle its own place: a file of the plan that in the copy, where its data lie; one beside the plan its own.
 * @param entry the file for which the bundle stands, an absolute path: its place is the bundle's.
 */
export function withPlaces(planDir: string, entry: string): Plugin {
  return {
    name: 'with-places',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!asksForPlace.test(text)) return undefined;
        const [first = ''] = beginning.exec(text) ?? [];
        const place = placeOf(path, planDir, entry) + mainOf(text, path === entry);
        const contents = first.replace('\uFEFF', '') + place + text.slice(first.length);
        return { contents, loader: 'default' };
      });
    },
  };
}

/** On one line, so that the lines of stacks and messages stay. */
function placeOf(path: string, planDir: string, entry: string): string {
  const isEntry = path === entry;
  const url = isInside(planDir, path)
    ? `/* @__PURE__ */ tgUrlOf(${JSON.stringify(pathIn(dirname(entry), path))})`
    : JSON.stringify(pathToFileURL(path).href);
  return [
    `;var tgModuleUrl = ${isEntry ? 'tgBundleUrl' : url}`,
    'tgModuleFile = /* @__PURE__ */ tgFileOf(tgModuleUrl)',
    'tgModuleFolder = /* @__PURE__ */ tgFolderOf(tgModuleUrl);',
  ].join(', ');
}

/** A line of code for bundles of which a script asks that and is an ES module: it has no `module` of its own. */
export function moduleFor(code: string): string {
  return code.includes(placeNames['require.main'] ?? '') ? 'var module = { exports: {} };' : '';
}

/** Whether a script is the one that was started: the idiom of CommonJS. */
function mainOf(text: string, isEntry: boolean): string {
  if (!text.includes('require.main')) return '';
  return `var tgModuleMain = ${isEntry ? 'module' : 'undefined'};`;
}

/** A relative URL; a file's name may hold what means something in one. */
function pathIn(folder: string, path: string): string {
  return relative(folder, path).split('/').map(encodeURIComponent).join('/');
}
