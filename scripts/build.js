// Makes dist/ from src/: programs in few files, which load in two thirds of the time that many take.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
};
/** What stands in CommonJS for import.meta.url. */
const urlOfFile = "const tgUrl = require('node:url').pathToFileURL(__filename).href;";
/** What is loaded with a command only is in chunks of its own. */
const programs = {
  ...common,
  splitting: true,
  metafile: true,
  // Has a program of its own for each system.
  external: ['esbuild'],
};

/**
 * commander asks for `node:child_process` as soon as it is loaded, which takes a tenth of the time of `tg --version`, and
 * needs it only for commands that are programs of their own: tg has none.
 */
const childProcessOnDemand = {
  name: 'child-process-on-demand',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'on-demand' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'on-demand' }, () => ({
      contents: "exports.spawn = (...words) => require('child_process').spawn(...words);",
    }));
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
const inputs = new Set([...(await buildLibrary()), ...(await buildCommandLine()), ...(await buildPage())]);
// Small, so that it is forked quickly.
await build({ ...common, entryPoints: ['src/run/launch/process.ts'] });
// What plans import stays as small as it is: their bundlers see to its packages.
await build({ ...common, entryPoints: ['src/sdk/index.ts'], packages: 'external' });
writeFileSync(join(root, 'dist/licenses.txt'), licensesOf([...inputs]));

/** @returns the files that it is made of. */
async function buildLibrary() {
  const { metafile } = await build({
    ...programs,
    entryPoints: ['src/library/index.ts'],
    chunkNames: 'library/chunks/[name]-[hash]',
    // CommonJS packages ask for Node's modules in this way.
    banner: {
      js: "import { createRequire as tgRequireOf } from 'node:module'; const require = tgRequireOf(import.meta.url);",
    },
  });
  return Object.keys(metafile.inputs);
}

/**
 * As CommonJS, which Node begins to carry out in two thirds of the time that a module of JavaScript takes. Its files are cut by
 * esbuild as those of modules, and then translated one by one: it cuts no others.
 * @returns the files that it is made of.
 */
async function buildCommandLine() {
  const { metafile, outputFiles } = await build({
    ...programs,
    entryPoints: ['src/cli/main.ts'],
    chunkNames: 'cli/chunks/[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'tgUrl' },
    plugins: [childProcessOnDemand],
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // Commands are loaded by `require`, too.
      supported: { 'dynamic-import': false },
      banner: text.includes('tgUrl') ? urlOfFile : '',
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  return Object.keys(metafile.inputs);
}

/** What a report's page carries: a program and its style. @returns the files that it is made of. */
async function buildPage() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/report/page/main.tsx', out: 'page' },
      { in: 'src/report/page/style/all.css', out: 'page' },
    ],
    outdir: 'dist/report/assets',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    // The program stands in a script of the page: nothing in it may end that.
    supported: { 'inline-script': true },
  });
  return Object.keys(metafile.inputs);
}

/** The licenses of all packages that files belong to. */
function licensesOf(files) {
  const folders = new Set(
    files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []),
  );
  return [...folders].sort().map(licenseOf).join('\n');
}

function licenseOf(folder) {
  const dir = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file !== undefined ? readFileSync(join(dir, file), 'utf8') : '';
  return `${name} ${version} (${license})\n\n${text.trim()}\n\n${'-'.repeat(80)}\n`;
}
