import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPicture, looks, someBrowser, somePage, violationsIn } from '../support/browser.ts';
import { netComposition } from '../support/composition.ts';
import { planWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

/** Each instance sends datagrams to all others; those of group a change their network first. */
const code = `
  if (runenv.testGroupId === 'a') {
    await ask({ default: { latency: 20, loss: 1 } });
    await ask({ default: { latency: 5 } });
  }
  const { got, socket } = await listen();
  const own = addresses()[0].split('/')[0];
  await sync.publish('addresses', own);
  const others = [];
  for await (const its of sync.subscribe('addresses')) if (others.push(its) === total) break;
  for (const address of others) if (address !== own) for (let time = 0; time < 3; time++) await send(address);
  const senders = (runenv.testGroupId === 'a' ? total : runenv.testGroupInstanceCount) - 1;
  // Until all have come: a datagram to a closed port is answered.
  while (got.length < 3 * senders) await new Promise((resolve) => socket.once('message', resolve));
  await all();
  socket.close();
`;
const network = '[network]\nlinks = ["a>b:drop"]';

describe('the report of a run with networks of its own', { tags: ['chromium', 'networks'] }, () => {
  let browser: Browser;
  let few: string;
  let many: string;
  /** Runs two groups of so many instances each, and returns the address of the report. */
  const reportOf = async (count: number) => {
    const machine = await someMachine();
    const file = await netComposition(machine, ['a', 'b'], network, { code, count });
    const run = await tg(machine, ['run', 'composition', '-f', file, '-q', '--run-cfg', 'engine=user']);
    expect(run.code, run.all).toBe(0);
    const html = join(machine.cwd, 'report.html');
    await tg(machine, ['report', '-o', html]);
    return pathToFileURL(html).href;
  };
  beforeAll(async () => {
    browser = await someBrowser();
    few = await reportOf(2);
    many = await reportOf(20);
  }, 180_000);
  afterAll(async () => await browser?.close());

  const open = async (address: string, look = {}) => {
    const its = await somePage(browser, { viewport: { width: 1440, height: 900 }, ...look });
    await its.page.goto(address);
    await its.page.waitForSelector('#network');
    return its;
  };

  test('has a table of links, and a matrix of who sent packets to whom', async () => {
    const { page, problems } = await open(few);
    const rows = page.locator('#network table').first().locator('tbody tr');
    expect(await rows.count()).toBe(4);
    // 3 packets to each of 3 others; those to group b are dropped.
    const drops = ['6', '–', '–', '–'];
    const counts = await rows.first().locator('th, td').allTextContents();
    expect(counts).toEqual(['a[000]', '9', '423 B', '9', '423 B', ...drops]);
    const cells = page.locator('#network .matrix tbody tr').first().locator('td');
    expect(await cells.allTextContents()).toEqual(['', '3', '3 −3', '3 −3']);
    expect(await cells.last().getAttribute('title')).toBe(
      'a[000] to b[001]: 3 packets (141 B), 0 received, 3 lost as asked',
    );
    await page.locator('#network').scrollIntoViewIfNeeded();
    await keepPicture(page, 'report-network');
    await page.selectOption('#network select', 'groups');
    const groups = page.locator('#network .matrix tbody tr');
    await expect.poll(() => groups.first().locator('th, td').allTextContents()).toEqual(['a', '6', '12 −12']);
    await expect.poll(() => page.url()).toContain('network=groups');
    expect(problems).toEqual([]);
  });

  test('draws the network settings of instances in the timeline, and names them', async () => {
    const { page, problems } = await open(few);
    const legend = page.locator('#timeline .legend li:has-text("network:")');
    expect((await legend.allTextContents()).map((text) => text.trim())).toEqual([
      'network: latency 20 ms, loss 1 %',
      'network: latency 5 ms',
    ]);
    const box = await page.locator('#timeline canvas').boundingBox();
    if (box === null) throw new Error('the timeline is not there');
    // The end of the first row, which the last configuration reaches.
    const found: string[] = [];
    for (let share = 0.5; share < 1; share += 0.02) {
      await page.mouse.move(box.x + box.width * share, box.y + 30);
      found.push(...(await page.locator('#timeline .tip').allTextContents()));
    }
    expect(
      found.filter((text) => /network: latency 5 ms: .*, applied within /.test(text)).length,
    ).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  test('shows groups if there are many instances, and instances if asked', async () => {
    const { page, problems } = await open(many);
    expect(await page.inputValue('#network select')).toBe('groups');
    await page.selectOption('#network select', 'instances');
    const cells = page.locator('#network .matrix.dense tbody td');
    await expect.poll(() => cells.count()).toBe(40 * 40);
    await page.locator('#network .matrix').scrollIntoViewIfNeeded();
    await keepPicture(page, 'report-network-many');
    expect(problems).toEqual([]);
  });

  test.each(looks)('axe-core finds no violation: %s, %i pixels wide', async (colorScheme, width, height) => {
    for (const address of [few, `${many}#network?network=instances`]) {
      const { page } = await open(address, { colorScheme, viewport: { width, height } });
      await page.locator('#network .matrix').scrollIntoViewIfNeeded();
      await keepPicture(page, `report-network-${colorScheme}-${width}-${address === few ? 'few' : 'many'}`);
      expect(await violationsIn(page)).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
    }
  });

  test('is absent for a run without networks of its own', async () => {
    const machine = await someMachine();
    const run = await tg(machine, single(await planWith(''), '-q'));
    expect(run.code, run.all).toBe(0);
    const html = join(machine.cwd, 'report.html');
    await tg(machine, ['report', '-o', html]);
    const { page } = await somePage(browser);
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('#verdict');
    expect(await page.locator('#network, nav a[href="#network"], .legend :text("network:")').count()).toBe(0);
  });
});
