import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPicture, looks, someBrowser, somePage, violationsIn } from '../support/browser.ts';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { someMachine, tg } from '../support/tg.ts';

/** Measures something, and fails with the parameter `size=2`. */
const code = `
const size = Number(runenv.intParam('size'));
for (let value = 0; value < 30; value++) runenv.R().recordPoint('latency', size * runenv.testInstanceCount + value);
if (size === 2) throw new Error('the ledger is torn');
`;

describeWith('chromium', 'the page of a series', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await someBrowser();
    const machine = await someMachine();
    folder = machine.cwd;
    const plan = await sdkPlanWith(code, { params: 'size = { type = "int", default = 1 }' });
    const matrix = ['--matrix', 'instances=2,5', '--matrix', 'size=1,2', '--repeat', '2'];
    const { stdout } = await tg(machine, ['run', plan, ...matrix, '--label', 'nightly']);
    const [, series = ''] = /series ID: (\S+)/.exec(stdout) ?? [];
    expect((await tg(machine, ['report', series, '--runs', '-o', 'series.html'])).code).toBe(0);
  }, 180_000);
  afterAll(async () => await browser?.close());

  async function open(look: Parameters<Browser['newPage']>[0] = {}, view = '') {
    const opened = await somePage(browser, look);
    await opened.page.goto(pathToFileURL(join(folder, 'series.html')).href + view);
    await opened.page.waitForSelector('#metrics .plot canvas');
    return opened;
  }

  test('has a cell for each run, and leads to the report of one that failed', async () => {
    const { page, problems } = await open();
    expect(await page.textContent('#series-title')).toBe('8 runs 4 success 4 failure');
    expect(await page.textContent('#series .label')).toContain('nightly');
    const rows = await page.locator('.outcomes tbody tr').allTextContents();
    expect(rows).toEqual([
      expect.stringMatching(/^210 of 2, 0\.0 % to 77\.6 %/),
      expect.stringMatching(/^222 of 2, 22\.4 % to 100\.0 %/),
      expect.stringMatching(/^510 of 2/),
      expect.stringMatching(/^522 of 2/),
    ]);
    await page.click('.outcomes .run.failure');
    expect(await page.textContent('.chosen-run')).toContain('2 × failed: the ledger is torn');
    await keepPicture(page, 'series');
    await page.click('.chosen-run a');
    await page.waitForSelector('#verdict-title');
    expect(await page.textContent('#verdict')).toContain('the ledger is torn');
    expect(existsSync(new URL(page.url()))).toBe(true);
    expect(problems).toEqual([]);
  });

  test('counts a cause once, whichever instances had it', async () => {
    const { page } = await open();
    expect(await page.locator('.failures li').count()).toBe(1);
    expect(await page.textContent('.failures')).toContain('4 runs, the first in round 1');
  });

  test('plots each metric by a setting of the matrix, or by round', async () => {
    const { page, problems } = await open();
    expect(await page.getByRole('img', { name: 'latency, p50, by instances' }).count()).toBe(1);
    await page.locator('#metrics select').last().selectOption('round');
    await page.locator('#metrics select').first().selectOption('p95');
    await page.getByRole('img', { name: 'latency, p95, by round' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('an address reproduces the view: the chosen run, and what the plots show', async () => {
    const { page } = await open();
    await page.click('.outcomes .run.failure');
    await page.locator('#metrics select').last().selectOption('size');
    await page.locator('#metrics select').first().selectOption('p95');
    await expect.poll(() => page.url()).toMatch(/#\?run=[0-9a-v]{20}&statistic=p95&by=size$/);
    const { page: other, problems } = await open({}, new URL(page.url()).hash);
    expect(await other.textContent('.chosen-run')).toBe(await page.textContent('.chosen-run'));
    expect(await other.getByRole('img', { name: 'latency, p95, by size' }).count()).toBe(1);
    await page.goBack();
    await page.getByRole('img', { name: 'latency, p50, by size' }).waitFor();
    expect(problems).toEqual([]);
  });

  test.each(looks)('axe-core finds no violation: %s, %i pixels wide', async (colorScheme, width, height) => {
    const { page } = await open({ colorScheme, viewport: { width, height } });
    await page.click('.outcomes .run.failure');
    expect(await violationsIn(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  });
});
