import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPicture, someBrowser, somePage } from '../support/browser.ts';
import { fault } from '../support/faults.ts';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { type Machine, onceSaid, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';

const instances = 200;
/** One instance fails, one crashes; their messages would run as scripts in a page that does not escape them. */
const code = `
const { syncClient, globalSeq } = init;
const hostile = '</script><script>document.title = "taken"</script><img src=x onerror="document.title = 1">';
runenv.recordMessage('number ' + globalSeq + ' ' + hostile + '\\nand another line\\u202e\\u001b[31m');
await syncClient.signalAndWait('ready', ${instances});
for (const round of [1, 2]) {
  runenv.recordStageStart('round ' + round);
  await new Promise((resolve) => setTimeout(resolve, (globalSeq * 37 * round) % 200));
  runenv.R().recordPoint('work', (globalSeq * 37 * round) % 200);
  await syncClient.signalAndWait('round ' + round, ${instances});
  runenv.recordStageEnd('round ' + round);
}
if (globalSeq === 137) throw new Error('the ledger does not add up: 41 is not 42');
if (globalSeq === 55) process.kill(process.pid, 'SIGKILL');
`;

describeWith('chromium', 'the report page of a run of 200 instances, two of them not passed', () => {
  let browser: Browser;
  let machine: Machine;
  let file: string;
  let runId: string;
  beforeAll(async () => {
    browser = await someBrowser();
    machine = await someMachine();
    const plan = await sdkPlanWith(code, { max: instances });
    const run = await tg(machine, [...single(plan, '-i', String(instances)), '-q']);
    expect(run.code).toBe(1);
    runId = run.runId || JSON.parse((await tg(machine, ['status', '--json'])).stdout).run_id;
    file = join(machine.cwd, 'report.html');
    expect(await tg(machine, ['report', '-o', file])).toMatchObject({
      code: 0,
      stdout: `created file: ${file}\n`,
    });
  }, 180_000);
  afterAll(async () => await browser?.close());
  const open = async (look = {}) => {
    const its = await somePage(browser, look);
    await its.page.goto(pathToFileURL(file).href);
    await its.page.waitForSelector('#verdict');
    return its;
  };

  test('shows the verdict, and why instances did not pass', async () => {
    const { page, problems } = await open();
    expect(await page.title()).toMatch(/^failure: p:t/);
    expect((await page.textContent('#verdict h1'))?.trim()).toBe('failure');
    const words = await page.textContent('#verdict');
    expect(words).toContain('198 success');
    expect(words).toContain('failed: the ledger does not add up: 41 is not 42');
    expect(words).toContain('crashed: killed by SIGKILL');
    await keepPicture(page, 'report-light');
    expect(problems).toEqual([]);
  });

  test('opens on the causes: the error, its instance, and its stack are seen without scrolling', async () => {
    const { page } = await open();
    const titles = page.locator('#verdict .cause-title');
    const found = await titles.allTextContents();
    expect(found.toSorted()).toEqual([
      expect.stringMatching(/^single\[\d+\] crashed: killed by SIGKILL/),
      expect.stringMatching(/^single\[\d+\] failed: the ledger does not add up: 41 is not 42$/),
    ]);
    const failed = page.locator('#verdict .causes li:has-text("ledger")');
    expect(await failed.locator('.cause-section:has-text("stack") pre').textContent()).toMatch(
      /^ +at .*index\.mjs:\d+/,
    );
    expect(await failed.locator('code').textContent()).toMatch(/index\.mjs:\d+:\d+$/);
    const { height = 0 } = page.viewportSize() ?? {};
    for (const each of await page.locator('#verdict .causes li').all()) {
      const box = await each.boundingBox();
      expect((box?.y ?? height) + (box?.height ?? 0)).toBeLessThan(height);
    }
    const list = page.locator('#verdict .not-passed');
    expect(await list.getAttribute('open')).toBeNull();
    await failed.locator('.instance').click();
    await expect.poll(() => page.locator('#log button:has-text("only single")').count()).toBe(1);
  });

  test('finds the failing instance by search, and filters the log to it', async () => {
    const { page, problems } = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('"does not add up" -ERROR');
    const found = page.locator('#log .line');
    await expect.poll(() => found.count()).toBeGreaterThan(0);
    await expect.poll(() => page.textContent('#log output')).toMatch(/^\d of /);
    const tag = await page.textContent('#verdict li:has-text("does not add up") .instance');
    expect(await found.first().textContent()).toContain(tag);
    expect(await page.locator('#log mark').first().textContent()).toBe('does not add up');
    await found.first().click();
    await page.click(`text=all lines of ${tag}`);
    await page.fill('#search', '');
    const tags = page.locator('#log .line .tag');
    await expect.poll(async () => new Set(await tags.allTextContents())).toEqual(new Set([tag]));
    await keepPicture(page, 'report-search');
    expect(problems).toEqual([]);
  });

  test('zooms the timeline with pointer and keys, and limits the log to its time', async () => {
    const { page, problems } = await open();
    const all = page.locator('#timeline button:has-text("all")');
    expect(await all.isDisabled()).toBe(true);
    await page.locator('#timeline').scrollIntoViewIfNeeded();
    const box = await page.locator('#timeline canvas').boundingBox();
    if (box === null) throw new Error('the timeline is not there');
    const lines = await page.textContent('#log output');
    await page.mouse.move(box.x + box.width * 0.8, box.y + 80);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 80, { steps: 5 });
    await keepPicture(page, 'report-zooming');
    await page.mouse.up();
    expect(await all.isEnabled()).toBe(true);
    await keepPicture(page, 'report-zoomed');
    await page.check('text=only the time above');
    await expect.poll(() => page.textContent('#log output')).not.toBe(lines);
    await page.locator('#timeline .chart').focus();
    await page.keyboard.press('Home');
    expect(await all.isDisabled()).toBe(true);
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowRight');
    expect(await all.isEnabled()).toBe(true);
    await page.keyboard.press('-');
    await page.keyboard.press('-');
    expect(await all.isDisabled()).toBe(true);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('#log button:has-text("only single[000]")').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('#log button:has-text("only single")').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('draws the machine below the timeline, and warns beside the verdict if it was saturated', async () => {
    const dir = await outputsOf(machine, runId);
    const result = JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8'));
    const saturated = {
      saturated: true,
      saturated_share: 0.834,
      reason: 'all 64 processors at least 95 % busy',
    };
    const copy = join(machine.cwd, 'saturated');
    await cp(dir, copy, { recursive: true });
    writeFileSync(
      join(copy, 'result.json'),
      JSON.stringify({ ...result, machine: { ...result.machine, ...saturated } }),
    );
    const other = join(machine.cwd, 'saturated.html');
    await tg(machine, ['report', copy, '-o', other]);
    const { page, problems } = await somePage(browser);
    await page.goto(pathToFileURL(other).href);
    const warning = page.locator('#verdict .machine-warning');
    expect(await warning.textContent()).toContain('the machine was saturated for 83 % of the run');
    expect(await page.textContent('#machine')).toContain(saturated.reason);
    await warning.locator('a').click();
    // The plots are as wide as the chart above them, so that times are below each other.
    const chart = await page.locator('#timeline .chart').boundingBox();
    const [shares, groups] = await page.locator('#machine .plot').all();
    expect(await shares?.boundingBox()).toMatchObject({ x: chart?.x, width: chart?.width });
    expect(await shares?.textContent()).toMatch(/CPU.*steal.*memory.*load/);
    expect(await groups?.textContent()).toContain('single');
    await keepPicture(page, 'report-machine');
    expect(problems).toEqual([]);
  });

  test('shows a tooltip with what an instance did at the time under the pointer', async () => {
    const { page } = await open();
    await page.selectOption('#timeline select', 'trouble');
    await page.locator('#timeline').scrollIntoViewIfNeeded();
    const box = await page.locator('#timeline canvas').boundingBox();
    if (box === null) throw new Error('the timeline is not there');
    // When it waited depends on how long all instances took to start.
    const tips: string[] = [];
    for (let share = 0.2; share < 1; share += 0.02) {
      await page.mouse.move(box.x + box.width * share, box.y + 27);
      tips.push((await page.textContent('#timeline .tip')) ?? '');
    }
    for (const tip of tips) {
      expect(tip).toMatch(/^single\[\d+\] at \d/);
      expect(tip).toMatch(/crashed: killed by SIGKILL|failed: the ledger/);
    }
    expect(tips.filter((tip) => /waits at ready \(200\)|stage round/.test(tip))).not.toEqual([]);
  });

  test('has the instance of the first cause in its first row, in the order of causes', async () => {
    const { page } = await open();
    const [cause = ''] = await page.locator('#verdict .cause-title').allTextContents();
    await page.selectOption('#timeline select', 'trouble');
    await page.locator('#timeline .chart').focus();
    await page.keyboard.press('ArrowDown');
    const chosen = page.locator('#log button:has-text("only single")');
    await expect
      .poll(() => chosen.allTextContents())
      .toEqual([expect.stringContaining(cause.split(' ')[0] ?? '?')]);
  });

  test('shows a message of several lines in one row, and in full below once clicked', async () => {
    const { page } = await open();
    await page.fill('#search', 'another');
    const row = page.locator('#log .line').first();
    expect(await row.textContent()).toContain(' ¶ and another line\\u202e');
    expect((await row.boundingBox())?.height).toBe(21);
    await row.click();
    expect(await page.locator('#log .chosen-line pre').textContent()).toContain('\nand another line\\u202e');
  });

  test('follows the theme of the system until switched, and keeps the switch', async () => {
    const { page, problems } = await open({ colorScheme: 'dark' });
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await keepPicture(page, 'report-dark');
    await page.click('#theme');
    expect(await background()).not.toBe(dark);
    // A browser may write what a page stores after the page has gone on.
    const afterReload = async () => {
      await page.reload();
      return await page.getAttribute('html', 'data-theme');
    };
    await expect.poll(afterReload).toBe('light');
    expect(problems).toEqual([]);
  });

  test('draws the arrivals at a barrier, and leads from the last one to its log', async () => {
    const { page, problems } = await open();
    await page.click('#barriers .link:text-is("round 2")');
    expect(await page.textContent('#barriers figcaption')).toBe('round 2: 200 signals of 200, 200 continued');
    const last = await page.textContent('#barriers tr.chosen .instance');
    await page.click('#barriers tr.chosen .instance');
    await expect
      .poll(() => page.textContent('#log .tools button:has-text("only single")'))
      .toContain(last ?? '?');
    await page.locator('#barriers').scrollIntoViewIfNeeded();
    expect(await colouredPixels(page, '#barriers')).toBeGreaterThan(100);
    await keepPicture(page, 'report-barriers');
    expect(problems).toEqual([]);
  });

  test('lists how long each stage took, and leads to the instance in which it took longest', async () => {
    const { page, problems } = await open();
    const rows = page.locator('#stages tbody tr');
    const names = await rows.locator('th').allTextContents();
    expect(names).toEqual(expect.arrayContaining(['round 1', 'round 2']));
    const cells = await page.locator('#stages tr:has(th:text("round 2")) td').allTextContents();
    // The crashed instance may have been killed before or after its last stage.
    expect(Number(cells[0])).toBeGreaterThanOrEqual(199);
    expect(cells.slice(2, 5)).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/ m?s$/)));
    const slowest = page.locator('#stages tr:has(th:text("round 1")) button');
    const tag = await slowest.textContent();
    await slowest.click();
    await expect.poll(() => page.locator(`#log button:has-text("only ${tag}")`).count()).toBe(1);
    await keepPicture(page, 'report-stages');
    expect(problems).toEqual([]);
  });

  test('draws a metric, and shows its count', async () => {
    const { page, problems } = await open();
    await page.locator('#metrics').scrollIntoViewIfNeeded();
    const card = page.locator('#metrics .card:has-text("work")');
    await card.locator('canvas').waitFor();
    const cells = await card.locator('.scroll tbody td').allTextContents();
    expect(cells[0]).toBe('400');
    expect(await card.locator('.hint').last().textContent()).toMatch(/^every value/);
    expect(await colouredPixels(page, '#metrics .card', 'work')).toBeGreaterThan(100);
    await keepPicture(page, 'report-metrics');
    expect(problems).toEqual([]);
  });

  test('draws a metric with tags as one plot: split and together, over time and by share, with a log axis', async () => {
    const other = await someMachine();
    const plan = await sdkPlanWith(
      `for (let hop = 1; hop <= 13; hop++)
         for (let value = 1; value <= 300; value++) runenv.R().recordPoint('latency,hop=' + hop, hop * value);`,
      { manifest: '[metrics.latency]\nunit = "ms"' },
    );
    const bound = ['--threshold', 'latency:p99<6000'];
    await tg(other, single(plan, '-i', '1', '-q', ...bound));
    await tg(other, ['report', '-o', 'report.html']);
    const { page, problems } = await somePage(browser);
    await page.goto(pathToFileURL(join(other.cwd, 'report.html')).href);
    const card = page.locator('#metrics .card:has(h3:text("latency"))');
    expect(await card.count()).toBe(1);
    await card.scrollIntoViewIfNeeded();
    await card.locator('canvas').waitFor();
    const names = await card.locator('tbody th').allTextContents();
    expect(names.map((name) => name.trim())).toEqual([
      'all',
      ...Array.from({ length: 13 }, (_, hop) => `hop=${hop + 1}`),
    ]);
    expect(await card.locator('tbody tr:first-child td').allTextContents()).toContain('3.9 s');
    expect(await card.locator('select[aria-label="the quantile of latency"]').count()).toBe(1);
    await card.locator('label:has-text("split") input').uncheck();
    expect((await card.locator('.legend li').allTextContents()).map((name) => name.trim())).toEqual([
      'p50',
      'p95',
      'p99',
    ]);
    await card.locator('label:has-text("log") input').check();
    await keepPicture(page, 'report-metric-together');
    await card.locator('select').first().selectOption('distribution');
    await card.locator('label:has-text("split") input').check();
    expect(await card.locator('.plot').getAttribute('aria-label')).toBe('latency by the share of values');
    expect(await colouredPixels(page, '#metrics .card', 'latency')).toBeGreaterThan(100);
    await keepPicture(page, 'report-metric-distribution');
    // The address, which follows changes after a moment, draws it in the same way elsewhere.
    await card.locator('label:has-text("split") input').uncheck();
    await expect.poll(() => page.url()).toContain('distribution.pooled.log');
    const { page: again, problems: more } = await somePage(browser);
    await again.goto(page.url());
    const same = again.locator('#metrics .card:has(h3:text("latency"))');
    await same.scrollIntoViewIfNeeded();
    await same.locator('.plot[aria-label="latency by the share of values"]').waitFor();
    expect(await same.locator('label:has-text("split") input').isChecked()).toBe(false);
    expect(await same.locator('label:has-text("log") input').isChecked()).toBe(true);
    await page.goBack();
    expect(await card.locator('label:has-text("split") input').isChecked()).toBe(true);
    expect([...problems, ...more]).toEqual([]);
  });

  test('prints plots that were never scrolled into view', async () => {
    const { page, problems } = await open();
    expect(await page.locator('#metrics canvas').count()).toBe(0);
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await colouredPixels(page, '#metrics .card', 'work')).toBeGreaterThan(100);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(problems).toEqual([]);
  });

  test('fits the width of a phone', async () => {
    const { page, problems } = await open({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
    await keepPicture(page, 'report-phone');
    await page.locator('#log').scrollIntoViewIfNeeded();
    await keepPicture(page, 'report-phone-log');
    expect(problems).toEqual([]);
  });

  test('can be reached with the Tab key alone, and has a name for every control and drawing', async () => {
    const { page } = await open();
    const names = new Set<string>();
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      names.add(
        await page.evaluate<string>('document.activeElement.className || document.activeElement.textContent'),
      );
    }
    for (const name of ['verdict', 'instance', 'chart', 'link']) expect(names).toContain(name);
    const unnamed = await page.evaluate<string[]>(`
      [...document.querySelectorAll('button, select, input, canvas')]
        .filter((its) => !its.closest('[aria-label]') && !its.textContent.trim() && !its.closest('label'))
        .map((its) => its.outerHTML)`);
    expect(unnamed).toEqual([]);
  });

  test.each(['protanopia', 'deuteranopia', 'tritanopia'] as const)(
    'has different colours for success, failed and crashed as people with %s see it',
    async (type) => {
      const { page, problems } = await open();
      const before = await outcomeColours(browser, page);
      await seeWith(page, type);
      const seen = await outcomeColours(browser, page);
      expect(seen).not.toEqual(before);
      for (const [place, one] of seen.entries())
        for (const other of seen.slice(place + 1))
          expect(distance(one, other), `${one} and ${other}`).toBeGreaterThan(20);
      await keepPicture(page, `report-${type}`);
      expect(problems).toEqual([]);
    },
  );

  test('has different signs for success, failed and crashed, for people who see no colours', async () => {
    const { page, problems } = await open();
    await seeWith(page, 'achromatopsia');
    const signs = await Promise.all(
      ['success', 'failed', 'crashed'].map((outcome) =>
        page.locator(`#timeline .legend li:has-text("${outcome}") .sign path`).first().getAttribute('d'),
      ),
    );
    expect(new Set(signs).size).toBe(3);
    for (const colour of await outcomeColours(browser, page)) expect(new Set(colour).size).toBe(1);
    await keepPicture(page, 'report-achromatopsia');
    expect(problems).toEqual([]);
  });

  test('is one file without network references, below 2 MB beside its data', async () => {
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/(?:src|href)="?https?:/);
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({ kind: 'run', about: { outcome: 'failure' } });
    expect(statSync(file).size - Buffer.byteLength(data)).toBeLessThan(2_000_000);
  });
});

/** How many pixels of a plot have the colour of a line: axes and their texts are grey. @param text names the element. */
async function colouredPixels(page: Page, selector: string, text = ''): Promise<number> {
  return await page.evaluate<number>(`{
    const all = [...document.querySelectorAll(${JSON.stringify(selector)})];
    const canvas = all.find((its) => its.textContent.includes(${JSON.stringify(text)})).querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.slice(at, at + 4);
      if (alpha > 0 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured++;
    }
    coloured;
  }`);
}

/** Shows a page as people with a deficiency of colour vision see it. */
async function seeWith(page: Page, type: 'protanopia' | 'deuteranopia' | 'tritanopia' | 'achromatopsia') {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setEmulatedVisionDeficiency', { type });
  await page.locator('#timeline').scrollIntoViewIfNeeded();
}

type Colour = readonly number[];

/** The colours of three outcomes in the legend of the timeline, as the screen shows them: red, green and blue. */
async function outcomeColours(browser: Browser, page: Page): Promise<Colour[]> {
  const colours: Colour[] = [];
  // The policy of the report allows no pictures: they are read on another page.
  const reader = await browser.newPage();
  for (const outcome of ['success', 'failed', 'crashed']) {
    const swatch = page.locator(`#timeline .legend li:has-text("${outcome}") .swatch`);
    const picture = (await swatch.screenshot()).toString('base64');
    const colour = await reader.evaluate<Colour>(`(async () => {
      const bytes = Uint8Array.from(atob('${picture}'), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      return [...context.getImageData(bitmap.width / 2, bitmap.height / 2, 1, 1).data].slice(0, 3);
    })()`);
    colours.push(colour);
  }
  await reader.close();
  return colours;
}

function distance(one: Colour, other: Colour): number {
  return Math.hypot(...one.map((part, channel) => part - (other[channel] ?? 0)));
}

describeWith('chromium', 'the report page of an active run', () => {
  test('keeps open what a run that hangs waits for, and who is missing there', async () => {
    await using browser = await someBrowser();
    const machine = await someMachine();
    const run = startTg(machine, fault('never-comes', '-i', '3', '--stall-after', '1s'));
    await onceSaid(run, 'no progress in the last');
    const watch = startTg(machine, ['report', '--watch']);
    const [url = ''] = /http:\S+/.exec(await onceSaid(watch, 'Ctrl-C')) ?? [];
    const { page } = await somePage(browser);
    let answers = 0;
    page.on('response', () => answers++);
    await page.goto(url);
    await expect
      .poll(() => page.textContent('#verdict .stall[open] pre'))
      .toMatch(/barrier ".*waited for by/);
    expect(await page.textContent('#verdict .unmet')).toMatch(
      /has not opened yet: \d of \d; not signalled by/,
    );
    const before = answers;
    // The page has asked for newer data since.
    await expect.poll(() => answers).toBeGreaterThan(before + 2);
    expect(await page.locator('#verdict .stall[open]').count()).toBe(1);
    await page.click('#verdict .stall summary');
    const closed = answers;
    await expect.poll(() => answers).toBeGreaterThan(closed + 2);
    expect(await page.locator('#verdict .stall[open]').count()).toBe(0);
    watch.kill('SIGINT');
    run.kill('SIGINT');
    await Promise.all([watch, run]);
  });

  test('follows the run to its end, and keeps the search and the zoom', async () => {
    await using browser = await someBrowser();
    const machine = await someMachine();
    const go = join(machine.cwd, 'go');
    const plan = await sdkPlanWith(`
      const { existsSync } = await import('node:fs');
      runenv.recordMessage('before');
      await init.syncClient.signalEntry('there');
      if (init.globalSeq === 1) return runenv.recordMessage('after');
      while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 20));
      runenv.recordMessage('after');`);
    const run = startTg(machine, single(plan, '-i', '3'));
    await onceSaid(run, 'single[000] >> before', 'single[001] >> before', 'single[002] >> before');
    const watch = startTg(machine, ['report', '--watch']);
    const [url = ''] = /http:\S+/.exec(await onceSaid(watch, 'Ctrl-C')) ?? [];
    const { page, problems } = await somePage(browser);
    await page.goto(url);
    await expect.poll(() => page.textContent('#verdict h1')).toContain('running');
    await page.fill('#search', 'after');
    await page.locator('#timeline .chart').focus();
    await page.keyboard.press('+');
    // One instance has ended already, but has no verdict yet.
    await expect.poll(() => page.textContent('#verdict .counts')).toContain('1 ended');
    expect(await page.locator('.not-passed').count()).toBe(0);
    await keepPicture(page, 'report-live');
    writeFileSync(go, '');
    await expect.poll(() => page.textContent('#verdict h1')).toContain('success');
    expect(await page.locator('#log .line').count()).toBe(3);
    expect(await page.inputValue('#search')).toBe('after');
    expect(await page.locator('#timeline button:text-is("all")').isEnabled()).toBe(true);
    expect(await page.textContent('.live')).toBe('the run has ended');
    // Requests that fail after the end of the server are no problems of the page.
    expect(problems).toEqual([]);
    watch.kill('SIGINT');
    expect((await watch).exitCode).toBe(0);
    await run;
  });
});
