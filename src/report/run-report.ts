import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf, readJournal, readStory } from '../history/events.ts';
import { readMoves } from '../history/moves.ts';
import type { RunRecord } from '../history/record.ts';
import { runFiles } from '../outputs/layout.ts';
import { classify } from '../run/line-class.ts';
import { type RunResult, resultSchema } from '../run/result.ts';
import { aboutRun } from './about.ts';
import { Barriers } from './barriers.ts';
import { Course } from './course.ts';
import type { Log, RunReport } from './data.ts';
import { LogLines } from './log-lines.ts';
import { measuredIn } from './measured.ts';

/** All that a page shows of a run, from its outputs, as far as it has come. */
export async function reportOf(record: RunRecord): Promise<RunReport> {
  const gaps: string[] = [];
  const onGap = (words: string) => void gaps.push(words);
  const result = await resultIn(record.dir);
  const course = new Course(record);
  for await (const its of readJournal(record.dir)) course.learn(its);
  const { began, ended } = course;
  const { about, groups } = await aboutRun(record, result, { began, ended }, onGap);
  const log = await logOf(record, course, onGap);
  const barriers = new Barriers({ placeOf: course.placeOf, endOf: course.endOf, began });
  for await (const move of readMoves(record.dir)) barriers.add(move);
  if (barriers.left > 0)
    onGap(`${barriers.left} things that instances did at the sync service are not on record`);
  const verdicts = result?.groups.flatMap(({ instances }) => instances) ?? [];
  const span = { began, ended: ended ?? began + about.tookMs };
  const names = record.groups.map(({ id }) => id);
  return {
    kind: 'run',
    about,
    groups,
    instances: course.instances(verdicts, record.state !== 'processing'),
    stages: course.stages(),
    ...barriers.result(),
    metrics: await measuredIn(record, names, span, onGap),
    log,
    gaps,
  };
}

/** The lines of all, with what tg says; the stages that they tell become part of the course. */
async function logOf(record: RunRecord, course: Course, onGap: (words: string) => void): Promise<Log> {
  const story = await readStory(record.dir);
  const lines = new LogLines(course.all.length + 1);
  for (const { at, level, text } of story.told)
    lines.add(-1, at - course.began, level === 'WARN' ? 'WARN' : 'NOTE', text);
  for await (const line of linesOf(record.dir, course.all, story)) {
    const of = course.placeOf(line.instance);
    const at = line.at - course.began;
    if (line.event?.type === 'stage-start' || line.event?.type === 'stage-end')
      course.stage(line.event.type, of, line.event.name, at);
    const shown = classify(line);
    // How it was started is in its run.out, and is the same for all.
    if (shown !== undefined) lines.add(of, at, shown[0], shown[0] === 'START' ? '' : shown[1]);
  }
  if (lines.left > 0) onGap(`${lines.left} lines are left out of the log; tg logs has them`);
  return lines.log();
}

async function resultIn(dir: string): Promise<RunResult | undefined> {
  const text = await readFile(join(dir, runFiles.result), 'utf8').catch(() => '{}');
  try {
    return resultSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // It is being written.
    return undefined;
  }
}
