import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { run } from './process.ts';
import { isThere } from './programs.ts';

/** The properties of the machine that figures depend on, one per line. */
export async function describeMachine(): Promise<Readonly<Record<string, string>>> {
  const [os] = /^PRETTY_NAME="(.*)"$/m.exec(read('/etc/os-release'))?.slice(1) ?? [process.platform];
  return {
    processors: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? arch()}`,
    memory: `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    system: `${os}, Linux ${release()}`,
    node: process.version,
    go: isThere('go')
      ? (await run(['go', 'version'])).stdout.trim().replace('go version ', '')
      : 'not installed',
    reference: 'github.com/testground/sync-service v0.1.0',
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
