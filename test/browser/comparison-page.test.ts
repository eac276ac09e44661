import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPicture, someBrowser, somePage } from '../support/browser.ts';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

describeWith('chromium', 'the page of a comparison of six sides', () => {
  let browser: Browser;
  let file: string;
  beforeAll(async () => {
    browser = await someBrowser();
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `for (let value = 0; value < 120; value++)
         runenv.R().recordPoint('a-metric-with-a-long-name,and=tags', 1000 * Number(runenv.intParam('by')) + value);`,
      { params: 'by = { type = "int", default = 0 }' },
    );
    const { stdout } = await tg(machine, single(plan, '-i', '5', '--matrix', 'by=1,2,3,4,5,6'));
    const ids = [...stdout.matchAll(/run is queued with ID: (\S+)/g)].map(([, id]) => id ?? '');
    file = join(machine.cwd, 'comparison.html');
    const gate = ['--fail-if', 'a-metric-with-a-long-name:p99>+10%'];
    expect((await tg(machine, ['compare', ...ids, '--html', file, ...gate])).code).toBe(1);
  }, 120_000);
  afterAll(async () => await browser?.close());

  test.each([
    [1440, 900],
    [390, 844],
  ])('fits %i × %i: nothing is to the right of the window', async (width, height) => {
    const { page, problems } = await somePage(browser, { viewport: { width, height } });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('.compared .dots svg');
    const beyond = await page.evaluate<string[]>(
      `[...document.querySelectorAll('body *')]
        .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
        .map((each) => each.outerHTML.slice(0, 80))`,
    );
    expect(beyond).toEqual([]);
    const shown = await page.textContent('.compared');
    for (const text of ['1060', '1113', '1118', '+94.4 %', '0.0079 ★']) expect(shown).toContain(text);
    expect(await page.textContent('.gates')).toContain('failed: a-metric-with-a-long-name:p99>+10% for F');
    expect(problems).toEqual([]);
    await keepPicture(page, `comparison-${width}`);
  });
});
