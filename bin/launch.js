const { existsSync, mkdirSync } = require('node:fs');
const module_ = require('node:module');
const { homedir } = require('node:os');
const { join, resolve } = require('node:path');

/** Starts the built tg, with Node's compile cache where Node has one: among the person's caches, not in /tmp. */
exports.launch = (name) => {
  const cache = cacheFolder();
  if (cache !== undefined) module_.enableCompileCache?.(cache);
  const { main } = require('../dist/cli/main.cjs');
  return main(name);
};

/** Made here: Node never returns from making a folder below /proc. Undefined where there can be none. */
function cacheFolder() {
  try {
    const caches = resolve(process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache'));
    const cache = join(caches, 'tg');
    for (const folder of [caches, cache]) if (!existsSync(folder)) mkdirSync(folder);
    return cache;
  } catch {
    return undefined;
  }
}
