import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { root } from './tg.ts';

/** Starts a browser that can only reach this machine. */
export async function someBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('there is no chromium');
  return await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      // A container may have little shared memory.
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

/** Opens a page, and collects its problems: console messages, errors and failed requests. */
export async function somePage(
  browser: Browser,
  look: Parameters<Browser['newPage']>[0] = {},
): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    ...look,
  });
  onTestFinished(async () => await page.close());
  const problems: string[] = [];
  page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('requestfailed', (request) =>
    problems.push(`failed: ${request.url()}: ${request.failure()?.errorText}`),
  );
  return { page, problems };
}

/** Saves a screenshot of a page, for people to look at. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['TG_TEST_ARTEFACTS'] ?? join(root, 'test-artefacts');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** The windows of a desk and of a phone, light and dark. */
export const looks = [
  ['light', 1440, 900],
  ['dark', 1440, 900],
  ['light', 390, 844],
  ['dark', 390, 844],
] as const;

/** What axe-core finds on a page: the rule and the first element of each violation. */
export async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
  );
}
