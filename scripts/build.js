// Builds dist/ from src/: each program in few files, which load faster than many.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { banner, buildLauncher, buildNetworks, buildPage, buildSdk, common, root } from './parts.js';

/** Halves the size to read; the line limit keeps positions in stack traces useful. */
const compact = { minifyWhitespace: true, lineLimit: 200 };
/** Replaces import.meta.url in CommonJS. */
const urlOfFile = "const tgUrl = require('node:url').pathToFileURL(__filename).href;";
/**
 * commander loads `node:child_process` on startup, which takes a tenth of the time of `tg --version`, and needs it
 * only for executable subcommands: tg has none.
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
const programs = [
  buildLibrary(),
  buildCommandLine(),
  buildPage(),
  buildLauncher(),
  buildNetworks(),
  buildSdk(),
];
const inputs = new Set((await Promise.all(programs)).flat());
writeFileSync(join(root, 'dist/licenses.txt'), licensesOf([...inputs]));

/** @returns the bundled files. */
async function buildLibrary() {
  const { metafile } = await build({
    ...common,
    splitting: true,
    metafile: true,
    external: ['esbuild'],
    entryPoints: ['src/library/index.ts'],
    chunkNames: 'library/chunks/[name]-[hash]',
    ...compact,
    // Collected in dist/licenses.txt.
    legalComments: 'none',
    banner,
  });
  return Object.keys(metafile.inputs);
}

/**
 * Builds the command line as one file, in which modules are evaluated when a command imports them: an expression
 * that bin/launch.js compiles with V8's code cache. It begins with its digest.
 * @returns the bundled files.
 */
async function buildCommandLine() {
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outExtension: { '.js': '.script.js' },
    format: 'cjs',
    metafile: true,
    // Has a native program for each platform.
    external: ['esbuild'],
    define: { 'import.meta.url': 'tgUrl' },
    plugins: [childProcessOnDemand],
    // Commands are loaded by `require`, too.
    supported: { 'dynamic-import': false },
    // Collected in dist/licenses.txt.
    legalComments: 'none',
    banner: { js: `(function (exports, require, module, __filename, __dirname) {\n${urlOfFile}` },
    footer: { js: '})' },
    ...compact,
    write: false,
  });
  const [{ path, text }] = outputFiles;
  const code = ascii(text);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `// ${createHash('sha256').update(code).digest('hex').slice(0, 24)}\n${code}`);
  return Object.keys(metafile.inputs);
}

/** esbuild leaves non-ASCII characters only in comments and regular expressions, where an escape means the same. */
function ascii(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that are not ASCII
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licenses of all packages that the files belong to, each text once. */
function licensesOf(files) {
  const folders = new Set(
    files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []),
  );
  const names = new Map();
  for (const { name, text } of [...folders].sort().map(licenseOf))
    names.set(text, [...(names.get(text) ?? []), name]);
  return [...names].map(([text, its]) => `${its.join('\n')}\n\n${text}\n\n${'-'.repeat(80)}\n`).join('\n');
}

function licenseOf(folder) {
  const dir = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file !== undefined ? readFileSync(join(dir, file), 'utf8') : '';
  return { name: `${name} ${version} (${license})`, text: text.trim() };
}
