import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../util/errors.ts';
import type { RunReport } from './data.ts';
import { jsonOf, pageOf } from './page-file.ts';

/**
 * After a report was gathered, it is reused for this many times the duration of gathering it, so that the run is
 * not slowed down.
 */
const rest = 4;

/** The page of a run when it was last gathered. */
interface CachedReport {
  readonly report: RunReport;
  readonly json: string;
  readonly tag: string;
  /** When it expires, by the clock. */
  readonly until: number;
}

export interface LiveServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the page of a run on 127.0.0.1 under an unguessable path, since other users of this machine can connect as
 * well.
 * @param readReport returns the current report of the run.
 * @param now a monotonic clock, in ms.
 */
export async function serveLive(
  readReport: () => Promise<RunReport>,
  now: () => number = () => performance.now(),
): Promise<LiveServer> {
  const token = randomBytes(24).toString('base64url');
  let known: CachedReport | undefined;
  let pending: Promise<CachedReport> | undefined;
  // Concurrent requests wait for the same report.
  const current = async () => {
    if (pending === undefined && known !== undefined && now() < known.until) return known;
    pending ??= cachedReport(readReport, now).finally(() => {
      pending = undefined;
    });
    known = await pending;
    return known;
  };
  const server = createServer((request, response) => {
    answer(request, response, token, current).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(messageOf(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function cachedReport(readReport: () => Promise<RunReport>, now: () => number): Promise<CachedReport> {
  const began = now();
  const report = await readReport();
  const json = jsonOf(report);
  // Ignores values that change with the clock alone.
  const { about } = report;
  const tookMs = about.state === 'processing' ? 0 : about.tookMs;
  const content = JSON.stringify({ ...report, about: { ...about, tookMs } });
  const tag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  const ended = now();
  return { report, json, tag, until: ended + rest * (ended - began) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  current: () => Promise<CachedReport>,
): Promise<void> {
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  const isOurs = /^127\.0\.0\.1(:\d+)?$/.test(request.headers.host ?? '');
  if (request.method !== 'GET' || !isOurs) return void response.writeHead(403, headers).end();
  switch (request.url) {
    case `/${token}/`: {
      const { report } = await current();
      response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' });
      response.end(await pageOf(report, 'live'));
      return;
    }
    case `/${token}/data`: {
      const { json, tag } = await current();
      if (request.headers['if-none-match'] === tag) return void response.writeHead(304, headers).end();
      response.writeHead(200, { ...headers, 'content-type': 'application/json', etag: tag }).end(json);
      return;
    }
    default:
      response.writeHead(404, headers).end();
  }
}
