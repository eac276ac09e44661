import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { tempDir } from '../support/temp.ts';
import { root } from '../support/tg.ts';

const pages = ['README.md', 'docs/gallery.md', 'docs/networks.md'].map((name) =>
  readFileSync(join(root, name), 'utf8'),
);
const pictures = pages.flatMap((page) => [
  ...page.matchAll(/\]\((?:docs\/)?gallery\/([\w-]+\.(?:png|svg))\)/g),
]);
const shown = [...new Set(pictures.map(([, name]) => name))].sort();

test('README.md, docs/gallery.md and docs/networks.md show every picture in docs/gallery, and no other', () => {
  expect(readdirSync(join(root, 'docs', 'gallery')).sort()).toEqual(shown);
});

describeWith('script', 'the gallery', () => {
  describeWith('chromium', 'of pages', () => {
    test('can be regenerated from real runs', { timeout: 300_000, tags: ['networks'] }, async () => {
      const folder = await tempDir();
      const program = [
        join(root, 'node_modules/tsx/dist/cli.mjs'),
        join(root, 'scripts/gallery/main.ts'),
        folder,
        '--small',
      ];
      await execa(process.execPath, program, { cwd: root });
      expect(readdirSync(folder).sort()).toEqual(shown);
      for (const name of readdirSync(folder)) {
        const picture = readFileSync(join(folder, name));
        if (name.endsWith('.svg')) expect(picture.toString()).toMatch(/^<svg [\s\S]* ms<[\s\S]*<\/svg>\s*$/);
        else {
          expect(picture.subarray(1, 4).toString()).toBe('PNG');
          expect(picture.length).toBeGreaterThan(10_000);
        }
      }
    });
  });
});
