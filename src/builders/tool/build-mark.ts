import { endLeftovers } from '../../os/leftovers.ts';

/** The variable that marks the tools of a build, with the ID of the run (or of `tg build`) that they work for. */
export const buildMark = 'TG_BUILD';

/** Kills processes of a build's tools outside of their process groups: daemons, `setsid`. Linux only. */
export async function endMarked(env: NodeJS.ProcessEnv): Promise<void> {
  const id = env[buildMark];
  if (id !== undefined) await endLeftovers(`${buildMark}=${id}`);
}

/** Waits for work that runs tools, and kills the processes left running, however it ends. */
export async function withoutLeftovers<Result>(
  env: NodeJS.ProcessEnv,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } finally {
    await endMarked(env);
  }
}
