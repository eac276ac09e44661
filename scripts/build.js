// Makes dist/ from src/: programs in few files, which load sooner than many.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { banner, buildLauncher, buildPage, buildSdk, common, root } from './parts.js';

/** Half as much to read; lines stay short enough for a stack to say where. */
const compact = { minifyWhitespace: true, lineLimit: 200 };
/** What stands in CommonJS for import.meta.url. */
const urlOfFile = "const tgUrl = require('node:url').pathToFileURL(__filename).href;";
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
const programs = [buildLibrary(), buildCommandLine(), buildPage(), buildLauncher(), buildSdk()];
const inputs = new Set((await Promise.all(programs)).flat());
writeFileSync(join(root, 'dist/licenses.txt'), licensesOf([...inputs]));

/** @returns the files that it is made of. */
async function buildLibrary() {
  const { metafile } = await build({
    ...common,
    splitting: true,
    metafile: true,
    external: ['esbuild'],
    entryPoints: ['src/library/index.ts'],
    chunkNames: 'library/chunks/[name]-[hash]',
    ...compact,
    // dist/licenses.txt has them.
    legalComments: 'none',
    banner,
  });
  return Object.keys(metafile.inputs);
}

/**
 * One file, in which modules that a command imports are carried out when it does: as an expression that bin/launch.js has V8
 * compile, and keep compiled. It begins with its digest.
 * @returns the files that it is made of.
 */
async function buildCommandLine() {
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outExtension: { '.js': '.script.js' },
    format: 'cjs',
    metafile: true,
    // Has a program of its own for each system.
    external: ['esbuild'],
    define: { 'import.meta.url': 'tgUrl' },
    plugins: [childProcessOnDemand],
    // Commands are loaded by `require`, too.
    supported: { 'dynamic-import': false },
    // dist/licenses.txt has them.
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

/** esbuild leaves other characters in comments and regular expressions only, where an escape means the same. */
function ascii(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that are not ASCII
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licenses of all packages that files belong to, each text once. */
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
