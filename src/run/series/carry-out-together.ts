/**
 * Carries out tasks, several at the same time.
 * @param next the next task; undefined if none is to begin. Asked again whenever a task has ended.
 * @param room how many tasks may be carried out at the same time now, at least 1.
 * @returns when no task is left. If one throws, when those that were active have ended.
 */
export async function carryOutTogether<Task>(
  next: () => Task | undefined,
  carryOut: (task: Task) => Promise<void>,
  room: () => number,
): Promise<void> {
  const active = new Set<Promise<void>>();
  const fill = () => {
    while (active.size < room()) {
      const task = next();
      if (task === undefined) return;
      const done: Promise<void> = carryOut(task).finally(() => active.delete(done));
      active.add(done);
    }
  };
  try {
    for (fill(); active.size > 0; fill()) await Promise.race(active);
  } finally {
    await Promise.allSettled(active);
  }
}
