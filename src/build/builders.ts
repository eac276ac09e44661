import type { Builder } from './builder.ts';

/** The builder with an id; loaded when it is needed. */
export async function builderOf(id: string): Promise<Builder> {
  if (id === 'exec:node') return (await import('./exec-node.ts')).execNode;
  throw new Error(`no builder has the id ${id}`);
}
