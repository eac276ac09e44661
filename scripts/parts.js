// Builds the small programs in dist/ that processes other than tg load: launchers, instances and browsers.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The options common to all bundles for Node. */
export const common = {
  absWorkingDir: root,
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
};

/** Lets bundled CommonJS packages load Node's modules from an ES module. */
export const banner = {
  js: "import { createRequire as tgRequireOf } from 'node:module'; const require = tgRequireOf(import.meta.url);",
};

/** Builds the launcher, which is small so that it forks instances quickly. @returns the bundled files. */
export async function buildLauncher(outdir = 'dist/runners/process/launch') {
  const entryPoints = ['src/runners/process/launch/process.ts'];
  return await made({ ...common, outdir, outbase: 'src/runners/process/launch', entryPoints });
}

/** Builds the programs that make and shape the networks of instances. @returns the bundled files. */
export async function buildNetworks(outdir = 'dist') {
  const entryPoints = ['src/runners/local-netns/holder/process.ts', 'src/network/user/process.ts'];
  return await made({ ...common, outdir, entryPoints, banner, external: ['koffi'] });
}

/** Builds the SDK for plans, as one file, since each instance loads it. @returns the bundled files. */
export async function buildSdk() {
  return await made({ ...common, entryPoints: ['src/sdk/index.ts'], banner, legalComments: 'none' });
}

/** Builds the program and the style sheet of report pages. @returns the bundled files. */
export async function buildPage(options = { outdir: 'dist/report/assets', minify: true }) {
  return await made({
    ...options,
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/report/page/main.tsx', out: 'page' },
      { in: 'src/report/page/style/all.css', out: 'page' },
    ],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // The program is inlined in a script element, and must not contain its end tag.
    supported: { 'inline-script': true },
  });
}

async function made(options) {
  const { metafile, outputFiles } = await build({ ...options, metafile: true, write: false });
  for (const { path, contents } of outputFiles) writeChanged(path, contents);
  return Object.keys(metafile.inputs);
}

/** Writes a file atomically, and only if it changed: another process may be loading it. */
function writeChanged(path, contents) {
  if (contentOf(path)?.equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${process.pid}.unfinished`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}

function contentOf(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
