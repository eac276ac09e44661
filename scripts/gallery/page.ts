import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';

/** How to take a picture of a page. */
export interface PagePicture {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  /** The ID of the element at which the picture begins. */
  readonly at?: string;
  /** What to do on the page before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Takes a picture of a page from disk. */
export async function pictureOfPage(
  browser: Browser,
  html: string,
  { dark = false, width = 1_200, height = 800, at, act }: PagePicture,
  file: string,
): Promise<void> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  await page.goto(pathToFileURL(html).href);
  await page.waitForSelector('main section');
  if (at !== undefined) await page.evaluate(`document.getElementById('${at}').scrollIntoView()`);
  await act?.(page);
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.screenshot({ path: file });
  await page.close();
}
