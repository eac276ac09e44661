const module_ = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');

/** Starts the built tg, with Node's compile cache where Node has one: among the person's caches, not in /tmp. */
exports.launch = (name) => {
  module_.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tg'));
  const { main } = require('../dist/cli/main.cjs');
  return main(name);
};
