import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Starts the built tg, with Node's compile cache where Node has one: among the person's caches, not in /tmp. */
export async function launch(name) {
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tg'));
  const { main } = await import('../dist/cli/main.js');
  await main(name);
}
