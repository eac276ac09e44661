// Runs tg from its sources, once main.js has made the bundles. Instances and detached runs start this file directly.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';
import { root } from '../parts.js';
import { launcherFolder, networksFolder, pageAssets } from './places.js';

register({ tsconfig: join(root, 'tsconfig.json') });
const { useFiles } = await import('../../src/os/own-package.ts');
useFiles({
  tg: fileURLToPath(import.meta.url),
  launcher: join(launcherFolder, 'process.js'),
  holder: join(networksFolder, 'runners', 'local-netns', 'holder', 'process.js'),
  networkSwitch: join(networksFolder, 'network', 'user', 'process.js'),
  pageAssets,
});
const { main } = await import('../../src/cli/main.ts');
await main('tg');
