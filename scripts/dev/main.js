// `npm run dev -- …`: runs tg from its sources. Bundles the code of other processes first; all but the SDK go to a cache
// folder, not to dist/.
import { stop } from 'esbuild';
import { buildLauncher, buildPage, buildSdk } from '../parts.js';
import { launcherFolder, pageAssets } from './places.js';

await Promise.all([
  buildLauncher(launcherFolder),
  // Into dist/, where plans find it.
  buildSdk(),
  // Readable in a browser's debugger.
  buildPage({ outdir: pageAssets, minify: false, sourcemap: 'inline' }),
]);
await stop();
await import('./tg.js');
