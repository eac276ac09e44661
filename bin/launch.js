const fs = require('node:fs');
const { homedir } = require('node:os');
const { dirname, join, resolve } = require('node:path');
const { cachedDataVersionTag } = require('node:v8');
const { Script } = require('node:vm');

/**
 * What scripts/build.js makes of src/cli: one expression, a function as Node's wrapper of a CommonJS module. All of it is
 * ASCII, which is read without being decoded. Its first line has a digest of the rest.
 */
const file = join(dirname(__dirname), 'dist', 'cli', 'main.script.js');
/** Caches that nobody has used for so long are of versions that are no more. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Starts the built tg. Reading its JavaScript is most of its start, so what V8 has compiled of it is kept among the person's caches.
 * (Node's own cache of this kind came with Node 22, and keeps functions that a first command did not need for no other.)
 */
exports.launch = (name) => {
  if (saidVersion()) return undefined;
  const source = fs.readFileSync(file, 'latin1');
  const cache = placeOfCache(source);
  const script = new Script(source, { filename: file, cachedData: cache && contentOf(cache) });
  if (cache && script.cachedDataRejected !== false) process.once('exit', (code) => keep(script, cache, code));
  const module_ = { exports: {} };
  script.runInThisContext().call(module_.exports, module_.exports, require, module_, file, dirname(file));
  return module_.exports.main(name);
};

/** `--version` alone needs nothing of the program, unless what it says cannot be written. */
function saidVersion() {
  if (process.argv.length !== 3 || !['--version', '-V'].includes(process.argv[2])) return false;
  try {
    fs.writeSync(1, `${require('../package.json').version}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Where what V8 made of this program, for this command, is kept. Undefined where it must not be kept. */
function placeOfCache(source) {
  const { env } = process;
  // What is compiled beforehand is counted less exactly.
  if (env.NODE_V8_COVERAGE || env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    const caches = resolve(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'));
    const folder = join(caches, 'tg');
    // One by one: Node never returns from making folders below /proc.
    for (const dir of [caches, folder]) if (!fs.existsSync(dir)) fs.mkdirSync(dir, { mode: 0o700 });
    const found = fs.statSync(folder);
    // It is program code: nobody else may write it (HOME of another user, under sudo for instance).
    if (!found.isDirectory() || found.uid !== process.geteuid() || (found.mode & 0o022) !== 0)
      return undefined;
    const digest = /^\/\/ (\w+)/.exec(source)[1];
    return join(folder, `${digest}-${cachedDataVersionTag().toString(16)}-${command(process.argv[2])}.code`);
  } catch {
    return undefined;
  }
}

/** Each command needs other functions. */
function command(word = '') {
  return /^[a-z-]{1,20}$/.test(word) ? word : 'none';
}

function contentOf(cache) {
  try {
    return fs.readFileSync(cache);
  } catch {
    return undefined;
  }
}

/** Keeps what was compiled, for the next time, of a command that there is. */
function keep(script, cache, code) {
  if (code > 1) return;
  const unfinished = `${cache}.${process.pid}`;
  try {
    // On the disk before it has its name: V8 does not look whether half of it is missing.
    fs.writeFileSync(unfinished, script.createCachedData(), { mode: 0o600, flag: 'wx', flush: true });
    fs.renameSync(unfinished, cache);
    removeOld(dirname(cache));
  } catch {
    // A full disk, for instance: next time then.
    remove(unfinished);
  }
}

function removeOld(folder) {
  for (const name of fs.readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - fs.statSync(path).atimeMs > keptMs) remove(path);
  }
}

function remove(path) {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // It stays.
  }
}
