import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { type Machine, tg } from './tg.ts';

/** The size of a common screen, in pixels. */
const viewport = { width: 1440, height: 900 };

/** The text of a run's report that a person sees without scrolling, a line for each piece. */
export async function reportScreenOf(machine: Machine, runId: string, browser: Browser): Promise<string> {
  const html = join(machine.cwd, `${runId}.html`);
  await tg(machine, ['report', runId, '-o', html]);
  const page = await browser.newPage({ viewport });
  try {
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('#verdict');
    return await page.evaluate<string>(textInView);
  } finally {
    await page.close();
  }
}

/** Run in the page: the texts of which every line is in the viewport, and in all boxes around it that clip it. */
const textInView = `{
  const isInView = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({ width, height }) => width * height > 0);
    if (boxes.length === 0) return false;
    let room = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    for (let its = node.parentElement; its !== null; its = its.parentElement) {
      if (its === document.body || getComputedStyle(its).overflowY === 'visible') continue;
      const { left, top, right, bottom } = its.getBoundingClientRect();
      room = {
        left: Math.max(room.left, left),
        top: Math.max(room.top, top),
        right: Math.min(room.right, right),
        bottom: Math.min(room.bottom, bottom),
      };
    }
    return boxes.every(
      ({ left, top, right, bottom }) =>
        left >= room.left - 1 && top >= room.top - 1 && right <= room.right + 1 && bottom <= room.bottom + 1,
    );
  };
  const walker = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walker.nextNode()) if (isInView(walker.currentNode)) seen.push(walker.currentNode.data);
  seen.join('\\n');
}`;
