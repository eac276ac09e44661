import { join } from 'node:path';
import { root } from '../parts.js';

const folder = join(root, 'node_modules', '.cache', 'tg-dev');

export const launcherFolder = join(folder, 'launch');
export const networksFolder = join(folder, 'networks');
export const pageAssets = join(folder, 'page');
