import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPicture, someBrowser, somePage } from '../support/browser.ts';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

/** Each attachment would take over a page that executes what a plan has attached. */
const code = `
const take = 'document.title = "taken"; parent.document.title = "taken"; top.document.title = "taken"';
runenv.attach('load.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="' + take.replaceAll('"', "'") + '"><rect width="40" height="30" fill="#009e73"/></svg>');
runenv.attach('notes.txt', '</script><script>' + take + '</script>');
runenv.attach('history.json', '{"term":3,"</script><img src=x onerror=alert(1)>":[1]}');
runenv.attach('page.html', '<h1 id="hello">a page</h1><script>' + take + '</script><img src="x" onerror=\\'' + take + '\\'>');
runenv.attach('trace.bin', new Uint8Array(3_000));
runenv.attach('large.txt', 'x'.repeat(600_000));
`;

describeWith('chromium', 'the attachments in a report', () => {
  let browser: Browser;
  let file: string;
  beforeAll(async () => {
    browser = await someBrowser();
    const machine = await someMachine();
    const run = await tg(machine, single(await sdkPlanWith(code)));
    expect(run.code, run.all).toBe(0);
    file = join(machine.cwd, 'report.html');
    expect((await tg(machine, ['report', '-o', file])).code).toBe(0);
  });
  afterAll(async () => await browser?.close());

  const open = async (look = {}) => {
    const its = await somePage(browser, look);
    await its.page.goto(pathToFileURL(file).href);
    await its.page.waitForSelector('#attachments');
    return its;
  };

  test('are shown by kind: an image, text, pretty JSON, a page, and links to others', async () => {
    const { page } = await open();
    const of = (name: string) => page.locator(`#attachments li:has-text("${name}")`);
    await expect
      .poll(() => page.evaluate("document.querySelector('#attachments img').naturalWidth"))
      .toBe(40);
    await of('history.json').locator('summary').click();
    expect(await of('history.json').locator('pre').textContent()).toContain('{\n  "term": 3,\n');
    await of('notes.txt').locator('summary').click();
    expect(await of('notes.txt').locator('pre').textContent()).toContain('</script><script>');
    await of('page.html').locator('summary').click();
    await expect
      .poll(() => page.frameLocator('#attachments iframe').locator('#hello').textContent())
      .toBe('a page');
    for (const name of ['trace.bin', 'large.txt'])
      expect(await of(name).locator('a').getAttribute('href')).toMatch(
        new RegExp(`^\\w{20}/single/0/${name}$`),
      );
    expect(await of('trace.bin').textContent()).toMatch(
      /single\[000\].*application\/octet-stream.*2\.9 ?KiB|3 ?kB|3000/,
    );
    await keepPicture(page, 'attachments');
  });

  test('execute nothing, and cannot reach the page', async () => {
    const { page } = await open();
    const title = await page.title();
    await page.locator('#attachments summary:has-text("page.html")').click();
    await page.frameLocator('#attachments iframe').locator('#hello').waitFor();
    expect(await page.locator('#attachments iframe').getAttribute('sandbox')).toBe('');
    // The page of the attachment has an origin of its own.
    expect(await page.evaluate("document.querySelector('#attachments iframe').contentDocument")).toBeNull();
    expect(await page.title()).toBe(title);
    expect(readFileSync(file, 'utf8')).not.toMatch(/<script>document\.title/);
  });

  test('fit the width of a phone', async () => {
    const { page } = await open({ viewport: { width: 390, height: 844 } });
    await page.locator('#attachments summary:has-text("page.html")').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await keepPicture(page, 'attachments-phone');
  });
});
