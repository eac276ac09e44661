import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { root } from './tg.ts';

/** The environment in which Python finds our SDK and leaves no compiled files behind. */
export const pythonEnv = { PYTHONPATH: `${root}/python`, PYTHONDONTWRITEBYTECODE: '1' };

/** A Python program that answers each line with a line. */
export class PythonPeer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(file: string) {
    this.#child = spawn('python3', [file], { env: { ...process.env, ...pythonEnv } });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask<Answer>(...words: readonly unknown[]): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the program in Python has ended');
    return JSON.parse(value) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await ended;
  }
}

/** Runs a Python program that uses the SDK. */
export async function python(code: string, env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr, signal } = await execa('python3', ['-c', code], {
    env: { ...pythonEnv, ...env },
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr, signal };
}

/** The smallest run environment that the SDK accepts. */
export const runEnvironment = {
  TEST_PLAN: 'p',
  TEST_CASE: 'c',
  TEST_RUN: 'r',
  TEST_INSTANCE_COUNT: '1',
  TEST_GROUP_INSTANCE_COUNT: '1',
  TEST_GROUP_ID: 'g',
};
