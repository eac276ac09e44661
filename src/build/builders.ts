import { TgError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { BuildSpec } from '../plan/run-spec.ts';
import type { Builder } from './builder.ts';

const loaders: Readonly<Record<string, () => Promise<Builder>>> = {
  'exec:node': async () => (await import('./exec-node.ts')).execNode,
  'exec:go': async () => (await import('./exec-go.ts')).execGo,
  'exec:rust': async () => (await import('./exec-rust.ts')).execRust,
  'exec:generic': async () => (await import('./exec-generic.ts')).execGeneric,
};

/** The builder with an id; loaded when it is needed. */
export async function builderOf(id: string): Promise<Builder> {
  const load = loaders[id];
  if (load === undefined) throw new Error(`no builder has the id ${id}`);
  return await load();
}

/** @throws TgError (usage) for a build configuration that the builder does not know. */
export async function checkBuildConfig({ builder, config }: BuildSpec): Promise<void> {
  const { configKeys } = await builderOf(builder);
  const unknown = Object.keys(config).find((name) => !configKeys.includes(name));
  if (unknown === undefined) return;
  throw new TgError('usage', `${builder} has no build configuration "${unknown}"`, {
    hint: didYouMean(unknown, configKeys, 'build configuration'),
  });
}
