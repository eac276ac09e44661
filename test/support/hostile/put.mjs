// Puts something else than a file at paths: node put.mjs <kind> <canary> <path>...
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** By the kind of thing. The canary is a folder with a file. */
const makers = {
  fifo: (path) => execFileSync('mkfifo', [path]),
  // By a short name: the path of a socket may have 107 bytes. As a path: the folder of an instance is a number, and so is a port.
  socket: async (path) => {
    process.chdir(dirname(path));
    await new Promise((resolve) =>
      createServer()
        .listen(`./${basename(path)}`, resolve)
        .unref(),
    );
  },
  // /dev/zero, which has no end.
  device: (path) => execFileSync('mknod', [path, 'c', '1', '5']),
  loop: (path) => symlinkSync(basename(path), path),
  link: (path, canary) => symlinkSync(join(canary, 'file'), path),
  'link to a folder': (path, canary) => symlinkSync(canary, path),
  'hard link': (path, canary) => linkSync(join(canary, 'file'), path),
  folder: (path) => mkdirSync(join(path, 'below'), { recursive: true }),
  unreadable: (path) => {
    writeFileSync(path, 'x');
    chmodSync(path, 0);
  },
};

export async function put(kind, canary, path) {
  rmSync(path, { recursive: true, force: true });
  await makers[kind](path, canary);
}

const [, program, kind, canary, ...paths] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(program).href) {
  for (const path of paths) await put(kind, canary, path);
  process.exit(0);
}
