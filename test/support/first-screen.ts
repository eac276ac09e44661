import { expect } from 'vitest';
import { type Ended, type Machine, someMachine, tg } from './tg.ts';

/** A machine of GitHub Actions: its runs print annotations. */
export async function machineOfCi(env: Readonly<Record<string, string>> = {}): Promise<Machine> {
  return await someMachine({ GITHUB_ACTIONS: 'true', ...env });
}

/** Runs a plan that fails. */
export async function failing(machine: Machine, args: readonly string[]): Promise<Ended> {
  const run = await tg(machine, ['run', 'single', ...args]);
  expect(run.code, run.all).not.toBe(0);
  return run;
}

/** Where the cause of a failed run must be: what each of these begins with. */
export async function beginningsOf(
  machine: Machine,
  { stdout, runId }: Ended,
): Promise<Readonly<Record<string, string>>> {
  const lines = stdout.split('\n');
  const ends = lines.findLastIndex(
    (line) => / << .+ >> /.test(line) || /WARN\t(?:the run is abandoned|ending)/.test(line),
  );
  const why = (await tg(machine, ['why', runId])).stdout.split('\n');
  const status = (await tg(machine, ['status', runId])).stdout.split('\n');
  const notPassed = status.filter((line) => line.startsWith('Not passed:'));
  return {
    'the end of the output': lines.slice(ends + 1, ends + 16).join('\n'),
    'tg why': why.slice(0, 15).join('\n'),
    'the first line of tg why after its header': why[1] ?? '',
    'tg status': notPassed.slice(0, 2).join('\n'),
    'the first annotation': decoded(lines.find((line) => line.startsWith('::error')) ?? ''),
  };
}

/** The text of an annotation as GitHub shows it. */
function decoded(text: string): string {
  return text.replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
}

/** Checks that everything that a person looks at first shows what matches all of these. */
export async function expectOnFirstScreen(
  machine: Machine,
  run: Ended,
  ...words: readonly (string | RegExp)[]
): Promise<void> {
  for (const [place, text] of Object.entries(await beginningsOf(machine, run)))
    for (const word of words) expect(text, place).toMatch(word);
}

/** The name of an instance: `single[003]`. */
export function one(index: number): string {
  return `single[${String(index).padStart(3, '0')}]`;
}

/** Checks that a run that did not begin says all of these in the first lines of its error, and of what comes later. */
export async function expectBuildError(
  machine: Machine,
  { stdout, stderr, runId }: Ended,
  ...words: readonly string[]
): Promise<void> {
  const firstLines = (text: string) => text.split('\n').slice(0, 15).join('\n');
  const annotation = stdout.split('\n').find((line) => line.startsWith('::error')) ?? '';
  const status = (await tg(machine, ['status', runId])).stdout;
  const places = {
    'the error': firstLines(stderr),
    'tg why': firstLines((await tg(machine, ['why', runId])).stdout),
    'tg status': firstLines(status.slice(status.indexOf('Error:'))),
    'the first annotation': decoded(annotation),
  };
  for (const [place, text] of Object.entries(places))
    for (const word of words) expect(text, place).toContain(word);
}
