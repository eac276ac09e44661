// `npm run dev -- …`: runs tg from its sources. First bundles the code that other processes load, into a cache folder;
// only the SDK goes to dist/.
import { stop } from 'esbuild';
import { buildLauncher, buildNetworks, buildPage, buildSdk } from '../parts.js';
import { launcherFolder, networksFolder, pageAssets } from './places.js';

await Promise.all([
  buildLauncher(launcherFolder),
  buildNetworks(networksFolder),
  // In dist/, where plans find it.
  buildSdk(),
  // Readable in the debugger of a browser.
  buildPage({ outdir: pageAssets, minify: false, sourcemap: 'inline' }),
]);
await stop();
await import('./tg.js');
