const fs = require('node:fs');
const { homedir } = require('node:os');
const { dirname, join, resolve } = require('node:path');
const { cachedDataVersionTag } = require('node:v8');
const { Script } = require('node:vm');

/**
 * The output of scripts/build.js for src/cli: one expression, a function like Node's wrapper of a CommonJS module.
 * The file is ASCII, which needs no decoding. Its first line has a digest of the rest.
 */
const file = join(dirname(__dirname), 'dist', 'cli', 'main.script.js');
/** Caches unused for this long, in ms, belong to versions that were replaced. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Starts the built tg. Most of its startup is parsing JavaScript, so V8's compiled code is kept in the user's cache
 * folder. (Node's own compile cache came with Node 22, and keeps only the functions that the first command needed.)
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

/** `--version` alone does not need the program, unless its output cannot be written. */
function saidVersion() {
  if (process.argv.length !== 3 || !['--version', '-V'].includes(process.argv[2])) return false;
  try {
    fs.writeSync(1, `${require('../package.json').version}\n`);
    return true;
  } catch {
    return false;
  }
}

/** The path of V8's code cache for this program and command. Undefined if it must not be kept. */
function placeOfCache(source) {
  const { env } = process;
  // Coverage is less exact for code from a cache.
  if (env.NODE_V8_COVERAGE || env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    const caches = resolve(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'));
    const folder = join(caches, 'tg');
    // One by one: a recursive mkdir below /proc never returns in Node.
    for (const dir of [caches, folder]) if (!fs.existsSync(dir)) fs.mkdirSync(dir, { mode: 0o700 });
    const found = fs.statSync(folder);
    // The cache is program code: no other user may be able to write it (HOME of another user, under sudo for
    // instance).
    if (!found.isDirectory() || found.uid !== process.geteuid() || (found.mode & 0o022) !== 0)
      return undefined;
    const digest = /^\/\/ (\w+)/.exec(source)[1];
    return join(folder, `${digest}-${cachedDataVersionTag().toString(16)}-${command(process.argv[2])}.code`);
  } catch {
    return undefined;
  }
}

/** Each command needs other functions, so each has its own cache. */
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

/** Stores the compiled code of a known command. */
function keep(script, cache, code) {
  if (code > 1) return;
  const unfinished = `${cache}.${process.pid}`;
  try {
    // Flushed before the rename: V8 does not check the cache for truncation.
    fs.writeFileSync(unfinished, script.createCachedData(), { mode: 0o600, flag: 'wx', flush: true });
    fs.renameSync(unfinished, cache);
    removeOld(dirname(cache));
  } catch {
    // The write failed, on a full disk for instance; the next start tries again.
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
    // The file could not be removed.
  }
}
