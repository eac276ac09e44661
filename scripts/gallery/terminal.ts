import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execa } from 'execa';
import type { Browser } from 'playwright-core';
import { commandOf, type GalleryHome } from './home.ts';

const require = createRequire(import.meta.url);

/** How to take a picture of a terminal. */
export interface TerminalPicture {
  /** The arguments of `tg`. */
  readonly args: string;
  readonly columns: number;
  readonly rows: number;
  /** Takes the picture when the output matches; by default at the end of the command. */
  readonly once?: RegExp;
}

/** Executes a command on a terminal that util-linux's `script` provides, and takes a picture of its output in xterm.js. */
export async function pictureOfTerminal(
  browser: Browser,
  home: GalleryHome,
  { args, columns, rows, once }: TerminalPicture,
  file: string,
): Promise<void> {
  const { shown, real } = commandOf(args);
  const written = await bytesOf(`stty cols ${columns} rows ${rows}; ${real}`, home, once);
  const page = await browser.newPage({ viewport: { width: 1_600, height: 1_200 } });
  const program = readFileSync(require.resolve('@xterm/xterm/lib/xterm.js'), 'utf8');
  const style = readFileSync(require.resolve('@xterm/xterm/css/xterm.css'), 'utf8');
  await page.setContent(
    `<style>${style} body { margin: 0 } #place { display: inline-block; padding: 10px; background: #14171c }</style><div id="place"></div>`,
  );
  await page.addScriptTag({ content: program });
  const text = JSON.stringify(`\u001b[32m$\u001b[0m ${shown}\r\n${written}`);
  await page.evaluate(`new Promise((done) => {
    const terminal = new Terminal({
      cols: ${columns}, rows: ${rows}, fontFamily: 'DejaVu Sans Mono', fontSize: 13, scrollback: 0,
      cursorInactiveStyle: 'none', theme: { background: '#14171c', foreground: '#e6e9ee' },
    });
    terminal.open(document.getElementById('place'));
    terminal.write(${text}, () => requestAnimationFrame(() => requestAnimationFrame(done)));
  })`);
  await page.locator('#place').screenshot({ path: file });
  await page.close();
}

/** The output of a command on a terminal: until `once` matches, or to its end. */
async function bytesOf(command: string, { dir, env }: GalleryHome, once?: RegExp): Promise<string> {
  const options = { cwd: dir, env, extendEnv: false, reject: false, stdin: 'ignore', buffer: false } as const;
  const running = execa('script', ['-qec', command, '/dev/null'], options);
  let written = '';
  let taken: string | undefined;
  for await (const chunk of running.iterable({ binary: true })) {
    written += Buffer.from(chunk).toString('utf8');
    // Matches the current screen only: the board is always written as a whole.
    if (taken === undefined && once?.test(written.slice(-2_000))) taken = written;
  }
  await running;
  if (once !== undefined && taken === undefined)
    throw new Error(`the output of ${command} never matched ${once}`);
  return taken ?? written;
}
