// Makes dist/ from src/: programs in few files, which load in two thirds of the time that many take.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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

rmSync(join(root, 'dist'), { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  entryPoints: ['src/cli/main.ts', 'src/library/index.ts'],
  // What is loaded with a command only is in chunks of its own.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  // Has a program of its own for each system.
  external: ['esbuild'],
  // CommonJS packages ask for Node's modules in this way.
  banner: {
    js: "import { createRequire as tgRequireOf } from 'node:module'; const require = tgRequireOf(import.meta.url);",
  },
});
// Small, so that it is forked quickly.
await build({ ...common, entryPoints: ['src/run/launch/process.ts'] });
// What plans import stays as small as it is: their bundlers see to its packages.
await build({ ...common, entryPoints: ['src/sdk/index.ts'], packages: 'external' });
writeFileSync(join(root, 'dist/licenses.txt'), licensesOf(Object.keys(metafile.inputs)));

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
