import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { freePort } from '../../src/os/free-port.ts';
import { tempDir } from './temp.ts';

/** An InfluxDB 1.x for one test; ended when the test has finished. */
export interface Influxd {
  readonly url: string;
  /** Returns the rows of a query's result. */
  query(q: string): Promise<unknown[][]>;
}

export async function someInfluxd(): Promise<Influxd> {
  const dir = await tempDir();
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(dir, 'influxdb.conf');
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
[http]
  bind-address = "127.0.0.1:${http}"
`,
  );
  const server = execa('influxd', ['-config', config], { stdout: 'ignore', stderr: 'ignore', reject: false });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server;
  });
  const url = `http://127.0.0.1:${http}`;
  const answers = () => fetch(`${url}/ping`).then(({ status }) => status === 204);
  while (!(await answers().catch(() => false)));
  return {
    url,
    async query(q) {
      const response = await fetch(`${url}/query?db=testground&epoch=ns&q=${encodeURIComponent(q)}`);
      const { results } = (await response.json()) as { results: { series?: { values: unknown[][] }[] }[] };
      return results[0]?.series?.[0]?.values ?? [];
    },
  };
}
