import type { Builder } from './builder.ts';
import { once } from './once.ts';

const loaders: Readonly<Record<string, () => Promise<Builder>>> = {
  'exec:node': async () => (await import('./node/exec-node.ts')).execNode,
  'exec:go': async () => (await import('./go/exec-go.ts')).execGo,
  'exec:rust': async () => (await import('./cargo/exec-rust.ts')).execRust,
  'exec:generic': async () => (await import('./generic/exec-generic.ts')).execGeneric,
};

/**
 * Returns the builder with an ID, loaded on demand. It reports each message once, since a repeated build repeats
 * them.
 */
export async function builderOf(id: string): Promise<Builder> {
  const load = loaders[id];
  if (load === undefined) throw new Error(`no builder has the id ${id}`);
  const builder = await load();
  return {
    ...builder,
    build: (request) => builder.build({ ...request, tell: once(request.tell), warn: once(request.warn) }),
  };
}

/** The keys of build configuration of several builders. */
export async function configKeysOfAll(
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  return new Map(await Promise.all(ids.map(async (id) => [id, await configKeysOf(id)] as const)));
}

/** The keys of a builder's build configuration. */
export async function configKeysOf(id: string): Promise<readonly string[]> {
  return (await builderOf(id)).configKeys;
}
