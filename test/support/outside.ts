import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from './temp.ts';

/** The address of the world outside, where its name server and its web server are. */
export const outsideAddress = '203.0.113.1';

const servers = `
  import { createSocket } from 'node:dgram';
  import { createServer } from 'node:http';
  import { writeFileSync } from 'node:fs';
  createServer((_, answer) => answer.end('hello from outside')).listen(80, '${outsideAddress}', () => {
    const names = createSocket('udp4').on('message', (query, { port, address }) => {
      const end = 12 + query.subarray(12).indexOf(0) + 5;
      const isA = query.readUInt16BE(end - 4) === 1;
      const head = Buffer.concat([query.subarray(0, 2), Buffer.of(0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0)]);
      const record = Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ${outsideAddress.replaceAll('.', ', ')});
      names.send(Buffer.concat([head, query.subarray(12, end), ...(isA ? [record] : [])]), port, address);
    });
    names.bind(53, '${outsideAddress}', () => console.log('ready'));
  });
`;

/**
 * A machine in a network of its own, where every name is that of a web server outside.
 * @returns a command that runs, as root, the command given as its last arguments there. Everyone may use /dev/net/tun.
 */
export async function withOutside(): Promise<readonly string[]> {
  const dir = await tempDir();
  await chmod(dir, 0o755);
  await writeFile(join(dir, 'servers.mjs'), servers);
  await writeFile(join(dir, 'resolv.conf'), `nameserver ${outsideAddress}\n`);
  await mkdir(join(dir, 'net'));
  const script = `
    set -e
    ip link set lo up
    ip addr add ${outsideAddress}/32 dev lo
    mount --bind ${dir}/resolv.conf /etc/resolv.conf
    mknod -m 666 ${dir}/net/tun c 10 200
    mount --bind ${dir}/net /dev/net
    mkfifo ${dir}/said
    ${process.execPath} ${dir}/servers.mjs > ${dir}/said &
    servers=$!
    read -r ready < ${dir}/said
    "$@" || status=$?
    kill $servers
    exit \${status:-0}
  `;
  return ['unshare', '-nm', 'bash', '-c', script, 'outside'];
}
