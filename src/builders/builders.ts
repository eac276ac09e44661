import type { Builder } from './builder.ts';
import { once } from './once.ts';

const loaders: Readonly<Record<string, () => Promise<Builder>>> = {
  'exec:node': async () => (await import('./node/exec-node.ts')).execNode,
  'exec:go': async () => (await import('./go/exec-go.ts')).execGo,
  'exec:rust': async () => (await import('./cargo/exec-rust.ts')).execRust,
  'exec:generic': async () => (await import('./generic/exec-generic.ts')).execGeneric,
};

/** The builder with an id; loaded when it is needed. It says each thing once: a build that is made once more says the same. */
export async function builderOf(id: string): Promise<Builder> {
  const load = loaders[id];
  if (load === undefined) throw new Error(`no builder has the id ${id}`);
  const builder = await load();
  return {
    ...builder,
    build: (request) => builder.build({ ...request, tell: once(request.tell), warn: once(request.warn) }),
  };
}

/** The build configuration that each of several builders knows. */
export async function configKeysOfAll(
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  return new Map(await Promise.all(ids.map(async (id) => [id, await configKeysOf(id)] as const)));
}

/** The build configuration that a builder knows. */
export async function configKeysOf(id: string): Promise<readonly string[]> {
  return (await builderOf(id)).configKeys;
}
