import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { tempDir } from './temp.ts';

/** A terminal whose screen a test can read, and whose keys it can press. */
export interface Terminal {
  /** The lines that it shows now, without empty ones at the end. */
  screen(): Promise<string>;
  /** The same with all lines that have scrolled away; wrapped lines are joined. */
  everything(): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** Presses keys, as tmux names them: `C-c`, `Enter`. */
  press(...keys: readonly string[]): Promise<void>;
  /** Whether the cursor is visible and long lines wrap. */
  isAsItWas(): Promise<boolean>;
  /** Copies everything that is written to it from now on into a file. */
  recordTo(file: string): Promise<void>;
}

/** Opens a terminal with a shell until the test has finished, and types a command without pressing Enter. */
export async function inTerminal(
  command: string,
  {
    columns,
    rows,
    cwd,
    env,
  }: {
    readonly columns: number;
    readonly rows: number;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<Terminal> {
  const socket = join(await tempDir(), 'tmux');
  const tmux = async (...args: readonly string[]) => {
    const environment = {
      cwd,
      env: { ...env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
      extendEnv: false,
    } as const;
    return (await execa('tmux', ['-u', '-f', '/dev/null', '-S', socket, ...args], environment)).stdout;
  };
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, 'exec bash --norc --noprofile');
  onTestFinished(async () => {
    await tmux('kill-server').catch(() => {});
    rmSync(socket, { force: true });
  });
  await tmux('set', '-g', 'history-limit', '100000');
  await tmux('respawn-pane', '-k', 'PS1="ready> " exec bash --norc --noprofile');
  await tmux('send-keys', '-l', command);
  return {
    screen: async () => (await tmux('capture-pane', '-p')).trimEnd(),
    everything: async () => (await tmux('capture-pane', '-p', '-J', '-S', '-')).trimEnd(),
    resize: async (x, y) => void (await tmux('resize-window', '-x', String(x), '-y', String(y))),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    isAsItWas: async () => (await tmux('display', '-p', '#{cursor_flag}#{wrap_flag}')) === '11',
    recordTo: async (file) => void (await tmux('pipe-pane', `cat > ${file}`)),
  };
}
