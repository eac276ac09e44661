// `npm run dev -- …`: tg from its sources. What other processes load is bundled first, beside dist/ but for the SDK.
import { stop } from 'esbuild';
import { buildLauncher, buildPage, buildSdk } from '../parts.js';
import { launcherFolder, pageAssets } from './places.js';

await Promise.all([
  buildLauncher(launcherFolder),
  // Plans find it there, as they do without the sources.
  buildSdk(),
  // For a browser's debugger.
  buildPage({ outdir: pageAssets, minify: false, sourcemap: 'inline' }),
]);
await stop();
await import('./tg.js');
