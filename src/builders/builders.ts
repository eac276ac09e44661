import type { Artifact } from '../plan/artifact.ts';
import type { Builder } from './builder.ts';
import { once } from './say-once.ts';

interface Entry {
  /** The kind of its artifacts. */
  readonly makes: Artifact['kind'];
  readonly load: () => Promise<Builder>;
}

const registry: Readonly<Record<string, Entry>> = {
  'exec:node': { makes: 'command', load: async () => (await import('./node/exec-node.ts')).execNode },
  'exec:go': { makes: 'command', load: async () => (await import('./go/exec-go.ts')).execGo },
  'exec:rust': { makes: 'command', load: async () => (await import('./cargo/exec-rust.ts')).execRust },
  'exec:generic': {
    makes: 'command',
    load: async () => (await import('./generic/exec-generic.ts')).execGeneric,
  },
};

/** The kind of artifacts that a builder makes; undefined for an unknown builder. */
export function artifactKindOf(id: string): Artifact['kind'] | undefined {
  return registry[id]?.makes;
}

/**
 * Returns the builder with an ID, loaded on demand. It reports each message once, since a repeated build repeats
 * them.
 */
export async function builderOf(id: string): Promise<Builder> {
  const entry = registry[id];
  if (entry === undefined) throw new Error(`no builder has the id ${id}`);
  const builder = await entry.load();
  return {
    ...builder,
    build: (request) => builder.build({ ...request, report: once(request.report), warn: once(request.warn) }),
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
