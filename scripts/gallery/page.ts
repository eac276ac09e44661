import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';

/** What is shown of a page of tg's. */
export interface PagePicture {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  /** The part of the page at whose beginning the picture begins. */
  readonly at?: string;
  /** What is done before. */
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
    // Nothing moves while it is taken.
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
