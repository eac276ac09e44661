import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The addresses and ports at which a process listens: `127.0.0.1:5050`, with hexadecimal digits for IPv6. Linux only.
 */
export function listeningOf(pid: number | string): string[] {
  const folder = `/proc/${pid}/fd`;
  const open = new Set(readdirSync(folder).map((fd) => linkOf(`${folder}/${fd}`)));
  return ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && open.has(`socket:[${inode}]`))
      .map(([, local = '']) => addressOf(local)),
  );
}

/** Converts an address like `0100007F:13BA` from /proc/net/tcp, where the bytes are in reverse order. */
function addressOf(local: string): string {
  const [bytes = '', port = ''] = local.split(':');
  const numbers = [...Buffer.from(bytes, 'hex')].reverse();
  return `${numbers.length === 4 ? numbers.join('.') : bytes}:${Number.parseInt(port, 16)}`;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
