import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * What the files of each folder of src/ may import in addition to their own folder, types included: other folders, or
 * single files. The order is that of docs/architecture.md.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  cli: [
    ...['library', 'report', 'metrics', 'history', 'run', 'runners', 'network', 'builders', 'plan', 'sync'],
    'outputs',
    ...['values', 'os', 'util'],
    // `tg sync` prints the same events as the SDK.
    ...['sdk/event-log.ts', 'sdk/run-params.ts'],
  ],
  // Connects the run loop with the runners.
  library: ['history', 'run', 'runners', 'builders', 'plan', 'outputs', 'os', 'util'],
  report: ['history', 'run', 'metrics', 'plan', 'outputs', 'values', 'os', 'util'],
  history: ['run', 'plan/instance-id.ts', 'outputs', 'sync', 'os', 'util'],
  run: [
    ...['runners/runner.ts', 'network', 'faults', 'builders', 'plan', 'sync', 'influx', 'metrics', 'outputs'],
    ...['values', 'os', 'util'],
  ],
  runners: ['network', 'builders', 'plan', 'sync', 'outputs', 'values', 'os', 'util'],
  // The engines are processes of their own.
  network: ['plan', 'sync', 'values', 'os', 'util'],
  faults: ['plan', 'util'],
  metrics: ['plan/threshold.ts', 'influx', 'outputs', 'os', 'util'],
  builders: ['plan', 'values', 'os', 'util'],
  influx: ['os', 'util'],
  plan: ['template', 'sync', 'values', 'os', 'util'],
  template: ['os', 'util'],
  outputs: ['values', 'os', 'util'],
  sync: ['values', 'os', 'util'],
  sdk: ['sync/protocol.ts', 'values'],
  values: [],
  os: ['util'],
  util: [],
};

/** A runner imports `process/` at most, and no other runner; the registry imports them all. */
const allowedInRunners: Readonly<Record<string, readonly string[]>> = {
  '.': [
    ...['runners/runner.ts', 'runners/registry.ts', 'runners/process/launch/prewarm.ts'],
    ...['runners/local-exec/info.ts', 'runners/local-exec/local-exec.ts'],
    ...['runners/local-netns/info.ts', 'runners/local-netns/local-netns.ts'],
    'runners/local-netns/availability.ts',
  ],
  'local-exec': ['runners/runner.ts', 'runners/process'],
  'local-netns': ['runners/runner.ts', 'runners/process'],
  process: ['runners/runner.ts'],
};

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(src, join(dirname(file), path)),
  );
}

function packagesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import) ?\(?'([^.'][^']*)'/g)].map(([, name = '']) => name);
}

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '.';
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

test('every file imports only from the folders allowed for its own folder', () => {
  expect(files.length).toBeGreaterThan(300);
  const beyond = files.flatMap((file) => {
    const allowedHere = [roomOf(file), ...(allowed[roomOf(file)] ?? [])];
    return importsOf(join(src, file))
      .filter((path) => !allowedHere.includes(roomOf(path)) && !allowedHere.includes(path))
      .map((path) => `${file} imports ${path}`);
  });
  expect(beyond).toEqual([]);
});

test('a runner imports no other runner, and only the registry imports runners', () => {
  const beyond = files.flatMap((file) => {
    const [room = '', folder = '', rest] = file.split('/');
    if (room !== 'runners') return [];
    const own = rest === undefined ? '.' : folder;
    return importsOf(join(src, file))
      .filter((path) => path.startsWith('runners/'))
      .filter((path) => path.split('/')[1] !== own)
      .filter(
        (path) => !(allowedInRunners[own] ?? []).some((may) => path === may || path.startsWith(`${may}/`)),
      )
      .map((path) => `${file} imports ${path}`);
  });
  expect(beyond).toEqual([]);
});

test('the code of run/ mentions no runner ID, PID, fork or loopback address', () => {
  const naming = files
    .filter((file) => file.startsWith('run/'))
    .flatMap((file) => {
      const code = readFileSync(join(src, file), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return [...code.matchAll(/local:\w+|\bpids?\b|process\.kill|\bfork\b|127\.0\.0\.1/g)].map(
        ([found]) => `${file}: ${found}`,
      );
    });
  expect(naming).toEqual([]);
});

test('the import graph has no cycles, type imports included', () => {
  const imports = new Map(files.map((file) => [file, importsOf(join(src, file))]));
  expect(cyclesIn(imports)).toEqual([]);
});

/** The groups of files that import each other, directly or not: strongly connected components (Tarjan 1972). */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string) => {
    index.set(file, index.size);
    low.set(file, index.size - 1);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue;
      if (!index.has(next)) visit(next);
      else if (!open.includes(next)) continue;
      low.set(file, Math.min(low.get(file) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(file) !== index.get(file)) return;
    const cycle = open.splice(open.indexOf(file));
    if (cycle.length > 1) cycles.push(cycle.join(' <-> '));
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return cycles;
}

/** Within `builders/`: builders import sources, store and tool, but not each other. */
const belowBuilders: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['go', 'cargo', 'node', 'generic'].map((builder) => [builder, ['sources', 'store', 'tool', '.']]),
  ),
  store: ['sources', 'tool', '.'],
  sources: ['tool', '.'],
  tool: ['.'],
};

test.each(Object.entries(belowBuilders))(
  'builders/%s imports only from the folders of builders/ allowed for it',
  (folder, may) => {
    const builders = join(src, 'builders');
    const here = readdirSync(join(builders, folder), { encoding: 'utf8', recursive: true }).filter((name) =>
      name.endsWith('.ts'),
    );
    const beyond = here.flatMap((file) =>
      importsOf(join(builders, folder, file))
        .filter((path) => path.startsWith('builders/'))
        .map((path) => path.slice('builders/'.length))
        .filter((path) => roomOf(path) !== folder && !may.includes(roomOf(path))),
    );
    expect(here).not.toEqual([]);
    expect(beyond).toEqual([]);
  },
);

/** The folders whose code reads or writes files that instances may have created. */
const facingInstances = ['outputs', 'metrics', 'history', 'report', 'run'];
/** Functions of Node that open a file by its path and follow links. */
const opening = /^(open|readFile|appendFile|stat|copyFile|cp|truncate|writeFile)(Sync)?$/;
/** Files that may use these functions, because they open something that no instance can have created. */
const opensElse: Readonly<Record<string, string>> = {
  'outputs/untrusted-file.ts': 'the one way to open those',
  'outputs/archive/archive.ts': 'where an archive goes',
  'report/page-file.ts': 'what the page of a report is made of',
  'runners/process/service-name.ts': '/etc/hosts, and a folder that is new',
  'runners/process/launch/pipe-writer.ts': 'its own pipes, looked at once they are open',
  'runners/process/manual-start.ts': 'scripts in a folder that is new',
  'runners/process/tg-on-path.ts': 'a script in a folder that is new',
  'runners/process/shipped-files.ts': 'the artifact, and copies of it in a folder that is new',
};

test('only untrusted-file.ts opens files that instances may have created', () => {
  const facing = files.filter(
    (file) => facingInstances.includes(roomOf(file)) && opensElse[file] === undefined,
  );
  expect(facing.length).toBeGreaterThan(100);
  expect(Object.keys(opensElse).filter((file) => !files.includes(file))).toEqual([]);
  const opened = facing.flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const imports = [...text.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g)];
    const names = imports.flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
    // Streams of files that are already open are fine.
    const streams = text.match(/create(Read|Write)Stream\((?!''|partial|$)/g) ?? [];
    return [...names.filter((name) => opening.test(name)), ...streams].map((how) => `${file}: ${how}`);
  });
  expect(opened).toEqual([]);
});

test('every folder of src/ is in the table of allowed imports', () => {
  expect(Object.keys(allowed)).toEqual(expect.arrayContaining([...new Set(files.map(roomOf))]));
});

/** The packages that the code for browsers may import. It has no modules of Node. */
const packagesInBrowsers = ['preact', 'preact/hooks', '@preact/signals', 'uplot', 'simple-statistics'];

test('the code for browsers imports only its packages, report/page, values and the data of reports', () => {
  const page = files.filter((name) => name.startsWith('report/page/'));
  expect(page.length).toBeGreaterThan(10);
  const beyond = page.flatMap((file) =>
    importsOf(join(src, file))
      .filter((path) => !/^(?:report\/page\/|values\/|report\/(?:comparison-|series-)?data\.ts$)/.test(path))
      .map((path) => `${file} imports ${path}`),
  );
  expect(beyond).toEqual([]);
  const inBrowsers = [
    ...page,
    ...files.filter((name) => /^(?:values\/|report\/(?:comparison-|series-)?data\.ts$)/.test(name)),
  ];
  const packages = inBrowsers.flatMap((file) =>
    packagesOf(join(src, file))
      .filter((name) => !packagesInBrowsers.includes(name))
      .map((name) => `${file} imports ${name}`),
  );
  expect(packages).toEqual([]);
});
