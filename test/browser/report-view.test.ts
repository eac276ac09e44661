import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPicture, looks, someBrowser, somePage, violationsIn } from '../support/browser.ts';
import { describeWith } from '../support/needs.ts';
import { textInPdf } from '../support/pdf-text.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { someMachine, tg } from '../support/tg.ts';

/** One server fails. The other servers wait for it, the clients for a signal that no instance sends. */
const code = `
const index = Number(process.env.TEST_OUTPUTS_PATH.split('/').at(-1));
const isServer = process.env.TEST_GROUP_ID === 'servers';
runenv.recordMessage('hello from ' + index);
await init.syncClient.signalAndWait('ready', 20);
for (let step = 0; step < 5; step++) runenv.recordMessage('step ' + step + ' of ' + index);
if (isServer && index === 2) throw new Error('the ledger is torn');
if (isServer) await init.syncClient.signalAndWait('done', 4);
else await init.syncClient.barrier('never', 16);
`;
const groups = `
[[groups]]
id = "servers"
instances = { count = 4 }
[[groups]]
id = "clients"
instances = { count = 16 }
`;

describeWith('chromium', 'the view of a report of two groups', () => {
  let browser: Browser;
  let address: string;
  beforeAll(async () => {
    browser = await someBrowser();
    const machine = await someMachine();
    const plan = await sdkPlanWith(code);
    const text = `[global]\nplan = ${JSON.stringify(plan)}\ncase = "t"\n${groups}`;
    const file = join(await folderWith({ 'c.toml': text }), 'c.toml');
    const run = await tg(machine, ['run', 'composition', '-f', file, '-q']);
    expect(run.code, run.all).toBe(1);
    const html = join(machine.cwd, 'report.html');
    await tg(machine, ['report', '-o', html]);
    address = pathToFileURL(html).href;
  }, 180_000);
  afterAll(async () => await browser?.close());

  /** Opens the report. @param view the part of the address behind the file. */
  const open = async (view = '', look = {}) => {
    const its = await somePage(browser, { viewport: { width: 1440, height: 900 }, ...look });
    await its.page.goto(address + view);
    await its.page.waitForSelector('#verdict');
    return its;
  };
  const chosen = '#log .line.chosen';
  const moment = '#timeline .moment';

  test('opens with the log and the timeline at the first failure, and names who is missing at a barrier', async () => {
    const { page, problems } = await open();
    expect(await page.textContent(chosen)).toMatch(/FAIL.*servers\[002\].*the ledger is torn/);
    expect(await isInView(page, chosen, '#log .lines')).toBe(true);
    expect(await page.textContent(moment)).toMatch(/^servers\[002\] at .*FAIL the ledger is torn/);
    const unmet = await page.locator('#verdict .unmet li').allTextContents();
    expect(unmet).toContainEqual(expect.stringMatching(/^done did not open: 3 of 4; .* servers\[002\]$/));
    expect(problems).toEqual([]);
  });

  test('a line leads to the timeline, a point of the timeline to its line, and Back returns', async () => {
    const { page, problems } = await open();
    await page.locator('#log').scrollIntoViewIfNeeded();
    const line = page.locator('#log .line:has-text("step 0 of 2")').first();
    const text = (await line.locator('.tag').textContent()) ?? '?';
    await line.locator('.time').click();
    await expect.poll(() => page.textContent(moment)).toContain('step 0 of 2');
    expect(await page.textContent(moment)).toContain(text);
    await expect.poll(() => isInView(page, '#timeline .chart')).toBe(true);
    await page.goBack();
    await page.goBack();
    await expect.poll(() => page.textContent(chosen)).toContain('the ledger is torn');
    await page.locator('#timeline').scrollIntoViewIfNeeded();
    const box = await page.locator('#timeline canvas').boundingBox();
    if (box === null) throw new Error('the timeline is not there');
    // The last row but one, after its last message.
    await page.mouse.click(box.x + box.width * 0.95, box.y + 24 + 18.5 * 20);
    await expect.poll(() => page.textContent(chosen)).toContain('clients[014]');
    expect(await isInView(page, chosen, '#log .lines')).toBe(true);
    await page.click(`${moment} >> text=in the log`);
    await expect.poll(() => isInView(page, chosen)).toBe(true);
    await page.goBack();
    await page.goBack();
    await expect.poll(() => page.textContent(chosen)).toContain('the ledger is torn');
    expect(problems).toEqual([]);
  });

  test('a hit stays where it is, and selected, when the search is cleared', async () => {
    const { page } = await open();
    await page.fill('#search', '"step 3 of 1"');
    const hit = page.locator('#log .line:has-text("step 3 of 1")').first();
    const tag = (await hit.locator('.tag').textContent()) ?? '?';
    const before = await hit.boundingBox();
    const found = await page.locator('#log .line').count();
    await page.fill('#search', '');
    await expect.poll(() => page.locator('#log .line').count()).toBeGreaterThan(found);
    await expect.poll(() => page.textContent(chosen)).toMatch(/step 3 of 1/);
    expect(await page.textContent(chosen)).toContain(tag);
    expect((await page.locator(chosen).boundingBox())?.y).toBeCloseTo(before?.y ?? 0, 0);
  });

  test('one class can be shown alone: by double-click, with Alt, and by keyboard', async () => {
    const { page } = await open();
    const kinds = async () => [...new Set(await page.locator('#log .line .kind-name').allTextContents())];
    const message = page.locator('#log .kind:has-text("MESSAGE")');
    await message.dblclick();
    await expect.poll(kinds).toEqual(['MESSAGE']);
    await page.locator('#log [aria-label="only START"]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(kinds).toEqual(['START']);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await kinds()).length).toBeGreaterThan(1);
    await message.click({ modifiers: ['Alt'] });
    await expect.poll(kinds).toEqual(['MESSAGE']);
  });

  test('"and 4 more instances" opens', async () => {
    const { page } = await open();
    const never = page.locator('#verdict .unmet li:has-text("never")');
    expect(await never.locator('.instance').count()).toBe(12);
    await never.locator('text=and 4 more instances').click();
    expect(await never.locator('.instance').count()).toBe(16);
    expect(await never.locator('.more').count()).toBe(0);
  });

  test('filters the timeline by outcome and instance, and folds groups', async () => {
    const { page, problems } = await open();
    expect(await rowsIn(page)).toBe(20);
    await page.click('#timeline button:has-text("fold all groups")');
    expect(await rowsIn(page)).toBe(2);
    await page.click('#timeline [aria-expanded]:has-text("servers (4)")');
    expect(await rowsIn(page)).toBe(5);
    await keepPicture(page, 'report-folded');
    await page.click('#timeline [aria-expanded]:has-text("clients (16)")');
    expect(await rowsIn(page)).toBe(20);
    await page.fill('#timeline input[type="search"]', 'clients[3-5] servers[2]');
    expect(await rowsIn(page)).toBe(4);
    await page.click('#timeline .kind:has-text("aborted")');
    expect(await rowsIn(page)).toBe(1);
    expect(problems).toEqual([]);
  });

  test('measures between two points with Shift, and shows the difference', async () => {
    const { page } = await open();
    await page.locator('#timeline').scrollIntoViewIfNeeded();
    const box = await page.locator('#timeline canvas').boundingBox();
    if (box === null) throw new Error('the timeline is not there');
    await page.mouse.click(box.x + box.width * 0.5, box.y + 40);
    await page.keyboard.down('Shift');
    await page.mouse.click(box.x + box.width * 0.7, box.y + 40);
    await page.keyboard.up('Shift');
    expect(await page.textContent(`${moment} .measured`)).toMatch(/^[\d.]+ m?s before [\d.]+ m?s$/);
    await keepPicture(page, 'report-measured');
    await page.locator('#timeline .chart').focus();
    await page.keyboard.press('Escape');
    expect(await page.locator(moment).count()).toBe(0);
  });

  test('an address reproduces the view: zoom, order, filters, folds, search, selection and measuring', async () => {
    const { page } = await open();
    await page.selectOption('#timeline select', 'trouble');
    await page.fill('#timeline input[type="search"]', '[0-9]');
    await page.click('#timeline [aria-expanded]:has-text("servers (4)")');
    await page.locator('#timeline .chart').focus();
    await page.keyboard.press('+');
    await page.fill('#search', 'step');
    await page.click('#log [aria-label="only MESSAGE"]');
    await page.locator('#log .line').nth(3).click();
    await page.click(`${moment} >> text=measure from here`);
    await page.locator('#log .line').nth(7).click();
    await page.click('#barriers .link:text-is("never")');
    const seen = () =>
      page.evaluate(`[
        document.querySelector('#timeline select').value,
        document.querySelector('#timeline input').value,
        document.querySelector('#timeline .tools output').textContent,
        document.querySelector('#timeline .moment').textContent,
        document.querySelector('#log output').textContent,
        document.querySelector('#log .line.chosen').textContent,
        document.querySelector('#barriers figcaption').textContent,
        [...document.querySelectorAll('[aria-pressed], [aria-expanded]')].map((its) => its.outerHTML),
      ]`);
    const before = await seen();
    // The address follows changes after a moment.
    await expect.poll(() => page.url()).toContain('measured=');
    await expect.poll(() => page.url()).toContain('barrier=');
    const { page: other, problems } = await open(new URL(page.url()).hash);
    const after = await other.evaluate('location.hash');
    expect(after).toBe(new URL(page.url()).hash);
    await page.goto(address.replace('report.html', 'report.html#'));
    await page.goto('about:blank');
    await page.goto(address + after);
    await page.waitForSelector('#verdict');
    expect(await seen()).toEqual(before);
    expect(problems).toEqual([]);
  });

  test('a PDF has the whole timeline and the whole verdict, and the page is as before afterwards', async () => {
    const { page, problems } = await open('', { colorScheme: 'dark' });
    const text = textInPdf(await page.pdf());
    const names = (group: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${group}[${String(index).padStart(3, '0')}]`);
    // The names of the rows, from top to bottom.
    expect(text).toContain([...names('servers', 4), ...names('clients', 16)].join(''));
    expect(text).toContain('servers[002] failed: the ledger is torn');
    expect(text).toContain('aborted: waiting when the run was abandoned');
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.locator('.printed').count()).toBe(1);
    expect(await page.locator('#verdict details:not([open])').count()).toBe(0);
    expect(await page.locator('.more').count()).toBe(0);
    expect(await page.getAttribute('html', 'data-theme')).toBe('light');
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await page.locator('.printed').count()).toBe(0);
    expect(await page.locator('#verdict .not-passed[open]').count()).toBe(0);
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    expect(problems).toEqual([]);
  });

  test.each(looks)('axe-core finds no violation: %s, %i pixels wide', async (colorScheme, width, height) => {
    const { page } = await open('', { colorScheme, viewport: { width, height } });
    await page.fill('#search', 'step');
    await page.click('#verdict summary:has-text("did not pass")');
    expect(await violationsIn(page)).toEqual([]);
    if (width > 400) return;
    const kind = page.locator('#log .line .kind-name').first();
    expect(await kind.isVisible()).toBe(true);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  });
});

/** The number of rows of the timeline, of 20 pixels below an axis of 24. */
async function rowsIn(page: Page): Promise<number> {
  return await page.evaluate<number>(
    `(document.querySelector('#timeline .chart > div').clientHeight - 24) / 20`,
  );
}

/** Whether an element is in the viewport, or in the visible part of a box. */
async function isInView(page: Page, selector: string, box?: string): Promise<boolean> {
  return await page.evaluate<boolean>(`{
    const { top, bottom } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
    const around = ${box === undefined ? '{ top: 0, bottom: innerHeight }' : `document.querySelector(${JSON.stringify(box)}).getBoundingClientRect()`};
    top >= around.top - 1 && bottom <= around.bottom + 1;
  }`);
}
