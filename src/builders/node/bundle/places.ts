import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { isInside } from '../../sources/inside.ts';

/** Expressions for a file's own location, and the names that replace them in a bundle. */
export const placeNames: Readonly<Record<string, string>> = {
  'import.meta.url': 'tgModuleUrl',
  'import.meta.filename': 'tgModuleFile',
  'import.meta.dirname': 'tgModuleFolder',
  __filename: 'tgModuleFile',
  __dirname: 'tgModuleFolder',
  'require.main': 'tgModuleMain',
};

const asksForPlace = /\bimport\.meta\b|\b__(?:file|dir)name\b|\brequire\.main\b/;
/** Directives that must stay first. */
const beginning = /^\uFEFF?(?:#![^\n]*\n)?(?:\s*(?:"use strict"|'use strict')\s*;?)?/;

/**
 * Preserves the location of each file in a bundle: for a file of the plan, its place in the copy with its data; for
 * a file outside, its original place.
 * @param entry the absolute path of the bundle's entry, whose location is the bundle's.
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

/** On one line, so that line numbers in stacks and messages stay the same. */
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

/** Code that defines `module` in the bundle of an ES module that uses it. */
export function moduleFor(code: string): string {
  return code.includes(placeNames['require.main'] ?? '') ? 'var module = { exports: {} };' : '';
}

/** Replaces the CommonJS idiom that tests whether a script is the main module. */
function mainOf(text: string, isEntry: boolean): string {
  if (!text.includes('require.main')) return '';
  return `var tgModuleMain = ${isEntry ? 'module' : 'undefined'};`;
}

/** A relative URL, with special characters of file names escaped. */
function pathIn(folder: string, path: string): string {
  return relative(folder, path).split('/').map(encodeURIComponent).join('/');
}
