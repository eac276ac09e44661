// Takes the pictures of docs/gallery.md from real runs of the plans that ship with tg:
// npm run gallery [-- <folder> [--small]]. With --small, runs are faster, and only check that each picture can be taken.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type GalleryHome, galleryHome, runIdIn } from './home.ts';
import { type Cell, pictureOfMatrix } from './matrix.ts';
import { pictureOfPage } from './page.ts';
import { pictureOfTerminal } from './terminal.ts';

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/gallery', import.meta.url));
/** The number of instances of each run, and how often each compared run is repeated. */
const sizes = process.argv.includes('--small')
  ? { waiting: 8, measured: 8, rumours: 10, compared: 6, repeats: 2 }
  : { waiting: 40, measured: 40, rumours: 100, compared: 20, repeats: 4 };

mkdirSync(folder, { recursive: true });
await using home = galleryHome();
const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  await takeRuns(browser, home);
  await takeTerminals(browser, home);
  await takeFailure(browser, home);
  await takeRumours(browser, home);
  await takeNetworks(browser, home);
} finally {
  await browser.close();
}

function place(name: string, kind: 'png' | 'svg' = 'png'): string {
  process.stdout.write(`${name}\n`);
  return join(folder, `${name}.${kind}`);
}

/** Shows a run that passes, and the end of one in which an instance fails and all others wait for it. */
async function takeRuns(on: Browser, of: GalleryHome): Promise<void> {
  const passes = 'run single --plan example --testcase sync --instances 10 --collect';
  await pictureOfTerminal(on, of, { args: passes, columns: 124, rows: 62 }, place('terminal-run'));
  const fails = `run single --plan faults --testcase fails-while-others-wait --instances ${sizes.waiting}`;
  await pictureOfTerminal(on, of, { args: fails, columns: 110, rows: 24 }, place('terminal-failure'));
}

/** Shows a run in which one instance keeps all others waiting, then `tg why` of it, and the metrics of another run. */
async function takeTerminals(on: Browser, of: GalleryHome): Promise<void> {
  const [all, others] = [sizes.waiting, sizes.waiting - 1];
  const waits = `run single --plan faults --testcase never-comes --instances ${all} --timeout ${5 + all / 2}s`;
  const once = new RegExp(`waiting at ready.*${others}/${all}.*${others} wait`, 's');
  const board = { args: waits, columns: 110, rows: 30, once };
  await pictureOfTerminal(on, of, board, place('terminal-board'));
  await pictureOfTerminal(on, of, { args: 'why', columns: 110, rows: 20 }, place('terminal-why'));
  await of.tg('run', 'single', '--plan', 'gossip', '--instances', `${sizes.measured}`);
  await pictureOfTerminal(on, of, { args: 'metrics', columns: 100, rows: 20 }, place('terminal-metrics'));
}

/** Shows a run that fails: a register that answers from its own copy is not linearizable. */
async function takeFailure(on: Browser, of: GalleryHome): Promise<void> {
  const id = runIdIn(
    await of.tg('run', 'single', '--plan', 'kv', '--testcase', 'local-reads', '-i', '12', '--collect'),
  );
  const html = join(of.dir, 'kv.html');
  await of.tg('report', id, '-o', html);
  await pictureOfPage(on, html, {}, place('report-failure'));
  await pictureOfPage(on, html, { at: 'log', act: search('not linearizable') }, place('report-search'));
  await pictureOfPage(on, html, { width: 390, height: 780, dark: true }, place('report-phone'));
}

/** Shows rumours among a hundred instances, and the effect of a smaller fan-out. */
async function takeRumours(on: Browser, of: GalleryHome): Promise<void> {
  const many = ['run', 'single', '--plan', 'gossip', '-i', `${sizes.rumours}`, '--tp', 'rumours=8'];
  const id = runIdIn(await of.tg(...many));
  const html = join(of.dir, 'gossip.html');
  await of.tg('report', id, '-o', html);
  await pictureOfPage(on, html, { at: 'timeline', dark: true, act: zoomToRumours }, place('report-timeline'));
  await pictureOfPage(on, html, { at: 'barriers' }, place('report-barriers'));
  await pictureOfPage(on, html, { at: 'metrics' }, place('report-metrics'));
  const sides: string[] = [];
  for (const fanout of [4, 2]) {
    const ids: string[] = [];
    const few = ['run', 'single', '--plan', 'gossip', '-i', `${sizes.compared}`, '--tp', `fanout=${fanout}`];
    for (let run = 0; run < sizes.repeats; run++) ids.push(runIdIn(await of.tg(...few)));
    sides.push(ids.join(','));
  }
  const comparison = join(of.dir, 'comparison.html');
  await of.tg('compare', ...sides, '--html', comparison);
  await pictureOfPage(on, comparison, { height: 640 }, place('compare'));
  const args = `compare ${sides.join(' ')} -n latency,hop=2 -n reach -n redundancy`;
  await pictureOfTerminal(on, of, { args, columns: 124, rows: 30 }, place('terminal-compare'));
}

/** Shows round trips between regions, and who reaches whom behind NATs. */
async function takeNetworks(on: Browser, of: GalleryHome): Promise<void> {
  const compositions = 'plans/net/compositions';
  await of.tg('run', 'composition', '--file', `${compositions}/regions.toml`);
  const { metrics } = JSON.parse(await of.tg('metrics', '--name', 'rtt*', '--json')) as { metrics: Row[] };
  const cells = metrics.map(
    ({ group, tags, p50 }): Cell => ({ from: group, to: tags.replace('to=', ''), value: p50 }),
  );
  const title = 'Median round trips between three regions';
  pictureOfMatrix(title, 'ms', cells, place('network-round-trips', 'svg'));
  const args = `run composition --file ${compositions}/nat.toml`;
  await pictureOfTerminal(on, of, { args, columns: 150, rows: 34 }, place('terminal-network'));
}

/** A row of `tg metrics --json`, as far as it is used here. */
interface Row {
  readonly group: string;
  readonly tags: string;
  readonly p50: number;
}

function search(words: string) {
  return async (page: Page) => {
    await page.fill('#search', words);
    await page.locator('#log .line').first().click();
  };
}

/** Zooms to the last part of the run, in which rumours spread. */
async function zoomToRumours(page: Page): Promise<void> {
  const box = await page.locator('#timeline canvas').boundingBox();
  if (box === null) throw new Error('there is no timeline');
  const y = box.y + 60;
  await page.mouse.move(box.x + box.width * 0.6, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.995, y, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(box.x + box.width * 0.5, y + 90);
}
