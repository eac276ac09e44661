import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { tempDir } from '../support/temp.ts';
import { root } from '../support/tg.ts';

/** Checks the project beside its code: the changelog, releases, workflows, line ends. */

/** JavaScript, because a workflow runs it before anything is installed. */
const changelog = new URL('../../scripts/changelog.js', import.meta.url).href;
const { notesFor, released } = (await import(changelog)) as {
  readonly notesFor: (text: string, version: string) => string;
  readonly released: (text: string, version: string, day: string) => string;
};

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('CHANGELOG.md', () => {
  test('lists unreleased changes first, then versions with their dates, the newest first', () => {
    const headings = [...read('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    const [first, ...versions] = headings;
    expect(first).toBe('Unreleased');
    for (const heading of versions) expect(heading).toMatch(/^\d+\.\d+\.\d+ \(20\d\d-\d\d-\d\d\)$/);
    const days = versions.map((heading) => heading?.slice(-11) ?? '');
    expect(days).toEqual([...days].sort().reverse());
  });

  const line = fc.stringMatching(/^- [a-z$&`' ]{1,40}[a-z]$/);
  const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join('.'));
  test('property: a release assigns every unreleased line to its version, and changes no older version', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(line), version, (lines, older, its) => {
        const before = `# Changes\n\n## Unreleased\n\n${lines.join('\n')}\n\n## 100.0.0 (2020-01-01)\n\n${older.join('\n')}\n`;
        const after = released(before, its, '2026-01-31');
        expect(notesFor(after, its)).toBe(lines.join('\n').trim());
        expect(notesFor(after, 'Unreleased')).toBe('');
        expect(notesFor(after, '100.0.0')).toBe(notesFor(before, '100.0.0'));
        expect(() => released(after, '101.0.0', '2026-02-01')).toThrow('there is nothing under');
      }),
    );
  });

  test('rejects a release that exists already, and notes for a version without a section', () => {
    const text = '# Changes\n\n## Unreleased\n\n- new\n\n## 1.0.0 (2020-01-01)\n\n- old\n';
    expect(() => released(text, '1.0.0', '2026-01-31')).toThrow('1.0.0 already exists');
    expect(() => notesFor(text, '1.0')).toThrow('has no section for 1.0');
    expect(released(text, '1.0', '2026-01-31')).toContain('## 1.0 (2026-01-31)\n\n- new');
  });
});

describeWith('git', 'in the repository', () => {
  /** A repository with the files that `npm version` needs. */
  async function repository() {
    const cwd = await tempDir();
    for (const path of ['package.json', 'package-lock.json', 'CHANGELOG.md', 'scripts/changelog.js'])
      await cp(join(root, path), join(cwd, path));
    const names = ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'somebody'],
      [`GIT_${who}_EMAIL`, 'somebody@example.org'],
    ]);
    const env = { PATH: process.env['PATH'] ?? '', HOME: await tempDir(), ...Object.fromEntries(names) };
    const options = { cwd, env, extendEnv: false, reject: false, all: true } as const;
    const run = (program: string, ...args: readonly string[]) => execa(program, args, options);
    for (const args of [
      ['init', '--quiet'],
      ['add', '.'],
      ['commit', '--quiet', '-m', 'before'],
    ])
      expect((await run('git', ...args)).all).toBe('');
    return { cwd, run };
  }

  test('npm version updates package.json and CHANGELOG.md, commits and tags', async () => {
    const { cwd, run } = await repository();
    const before = notesFor(await readFile(join(cwd, 'CHANGELOG.md'), 'utf8'), 'Unreleased');
    const made = await run('npm', 'version', '77.0.0', '-m', 'Release %s');
    expect([made.exitCode, made.exitCode === 0 ? '' : made.all]).toEqual([0, '']);
    const text = await readFile(join(cwd, 'CHANGELOG.md'), 'utf8');
    expect(notesFor(text, '77.0.0')).toBe(before);
    expect((await run('git', 'log', '-1', '--format=%s %D')).stdout).toMatch(
      /^Release 77\.0\.0 .*tag: v77\.0\.0/,
    );
    expect((await run('git', 'status', '--porcelain')).stdout).toBe('');
    // The workflow runs this for a tag.
    const notes = await run('node', 'scripts/changelog.js', 'notes', 'v77.0.0');
    expect([notes.exitCode, notes.stdout]).toEqual([0, before]);
    const other = await run('node', 'scripts/changelog.js', 'notes', 'v77.0.1');
    expect([other.exitCode, other.stderr]).toEqual([1, 'the tag is v77.0.1, and package.json has 77.0.0']);
  });

  test('npm version fails without a tag if nothing is unreleased', async () => {
    const { cwd, run } = await repository();
    await writeFile(join(cwd, 'CHANGELOG.md'), '# Changes\n\n## Unreleased\n');
    await run('git', 'commit', '--quiet', '-am', 'empty');
    const { exitCode, all } = await run('npm', 'version', '77.0.0');
    expect([exitCode, all]).toEqual([1, expect.stringContaining('there is nothing under "## Unreleased"')]);
    expect((await run('git', 'tag')).stdout).toBe('');
  });

  test('every text file is committed with the line ends of .gitattributes', async () => {
    // An archive of the sources has no repository.
    expect(existsSync(join(root, '.gitattributes'))).toBe(true);
    const { stdout, exitCode } = await execa('git', ['ls-files', '--eol'], { cwd: root, reject: false });
    const wrong = stdout
      .split('\n')
      .filter((row) => /\bi\/(crlf|mixed)\b/.test(row) && !/attr\/-text/.test(row));
    expect([exitCode, wrong]).toEqual([0, []]);
  });
});

test('npm publish --dry-run passes', async () => {
  const args = ['publish', '--dry-run', '--ignore-scripts', '--offline'];
  const { exitCode, all } = await execa('npm', args, { cwd: root, reject: false, all: true });
  expect([exitCode, all]).toEqual([0, expect.stringMatching(/^\+ testground-tg@\d+\.\d+\.\d+$/m)]);
});

describe('workflows', () => {
  const folder = join(root, '.github', 'workflows');

  test.each(readdirSync(folder))(
    '%s pins its actions, limits its permissions, and has a timeout for every job',
    (name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const uses = text.split('\n').filter((line) => /\buses:/.test(line));
      for (const line of uses) expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read\n)/m);
      expect(text).toMatch(/^concurrency:$/m);
      const jobs = text
        .slice(text.indexOf('\njobs:'))
        .split(/\n {2}(?=[\w-]+:\n)/)
        .slice(1);
      expect(jobs.filter((job) => !/^ {4}timeout-minutes: \d+$/m.test(job))).toEqual([]);
      // Nothing that the author of a pull request writes is executed.
      expect(text).not.toMatch(/pull_request_target|run:.*\$\{\{ *github\.(event|head_ref)/);
    },
  );

  test('ci.yml runs the script .ci/run', () => {
    expect(read('.github/workflows/ci.yml')).toMatch(/run: .*\.ci\/run$/m);
  });

  test('release.yml publishes with provenance, and all links name the repository of package.json', () => {
    expect(read('.github/workflows/release.yml')).toMatch(/npm publish --provenance/);
    const { repository, bugs, homepage } = JSON.parse(read('package.json'));
    const [, url] = /^git\+(https:\/\/github\.com\/[\w-]+\/[\w-]+)\.git$/.exec(repository.url) ?? [];
    expect([bugs, homepage]).toEqual([`${url}/issues`, `${url}#readme`]);
    expect(read('.github/ISSUE_TEMPLATE/config.yml')).toContain(`${url}/`);
  });
});
