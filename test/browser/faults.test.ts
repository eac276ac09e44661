import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPicture, looks, someBrowser, somePage, violationsIn } from '../support/browser.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

/** Each instance measures how long its timer takes, for a second. */
const code = `
  const { syncClient: sync } = init;
  await sync.signalAndWait('ready', runenv.testInstanceCount);
  const until = performance.now() + 1_000;
  for (let last = performance.now(); last < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = performance.now();
    runenv.R().recordPoint('gap_ms', now - last);
    last = now;
  }`;

describe('the report of a run with faults', { tags: ['chromium'] }, () => {
  let browser: Browser;
  let address: string;
  beforeAll(async () => {
    browser = await someBrowser();
    const machine = await someMachine();
    const faults = [
      'pause single[1] state=ready count=4 for=400ms',
      'kill single[2] state=ready count=4 after=300ms',
      'pause all state=never for=1s',
    ];
    const args = faults.flatMap((fault) => ['--fault', fault]);
    const run = await tg(machine, [...single(await sdkPlanWith(code), '-i', '4', '-q'), ...args]);
    expect(run.code, run.all).toBe(6);
    const html = join(machine.cwd, 'report.html');
    await tg(machine, ['report', '-o', html]);
    address = pathToFileURL(html).href;
  }, 180_000);
  afterAll(async () => await browser?.close());

  test('lists what came of each, and has them in the legend, in the log and where the pointer is', async () => {
    const { page, problems } = await somePage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(address);
    const listed = page.locator('#verdict .thresholds li');
    expect(await listed.allTextContents()).toEqual([
      expect.stringContaining(
        'pause single[001] for 400ms when the state ready is signalled, time 4; injected once',
      ),
      expect.stringContaining(
        'kill single[002] 300ms after the state ready is signalled, time 4; injected once',
      ),
      expect.stringContaining(
        'pause all instances for 1s when the state never is signalled; its cue never came',
      ),
    ]);
    expect(await page.locator('.legend').textContent()).toContain('fault');
    expect(await page.locator('#log').textContent()).toContain('injected into single[1]');
    expect(problems).toEqual([]);
  });

  test.each(looks)('axe-core finds no violation: %s, %i pixels wide', async (colorScheme, width, height) => {
    const { page } = await somePage(browser, { colorScheme, viewport: { width, height } });
    await page.goto(address);
    await page.waitForSelector('#verdict');
    await keepPicture(page, `report-faults-${colorScheme}-${width}`);
    expect(await violationsIn(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  });
});
