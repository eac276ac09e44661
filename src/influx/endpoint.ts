import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { codeOf, messageOf } from '../util/errors.ts';
import { isPrecision, readPoints } from './line-protocol.ts';

/** The largest accepted body after decompression, in bytes. */
export const maxBodyBytes = 64 * 1024 * 1024;

/** Receives points. */
export interface PointSink {
  /**
   * Stores points, one per line with its timestamp in ns; the client gets a success response once this has resolved.
   */
  keep(lines: readonly string[]): Promise<void>;
  /** Receives a description of input that could not be stored. */
  report(problem: string): void;
}

/**
 * The part of InfluxDB 1.x that SDKs need: `/ping`, `/query` with CREATE DATABASE, `/write` (docs.influxdata.com,
 * "InfluxDB API reference", 1.8). All written points are stored; queries are not supported.
 */
export function influxEndpoint(sink: PointSink): RequestListener {
  return (request, response) => {
    answer(request, response, sink).catch((error: unknown) => {
      sink.report(`metrics could not be stored: ${messageOf(error)}`);
      reply(response, 500, { error: messageOf(error) });
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, sink: PointSink): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://door');
  switch (url.pathname) {
    case '/ping':
      request.resume();
      return reply(response, 204);
    case '/query':
      return await answerQuery(request, response, url.searchParams);
    case '/write':
      if (request.method === 'POST') return await takeWrite(request, response, url.searchParams, sink);
      request.resume();
      return reply(response, 405, { error: 'write with POST' });
    default:
      request.resume();
      return reply(response, 404, {
        error: 'tg accepts WebSocket connections and InfluxDB 1.x writes here',
      });
  }
}

async function answerQuery(
  request: IncomingMessage,
  response: ServerResponse,
  asked: URLSearchParams,
): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request).catch(() => ''));
  const query = (asked.get('q') ?? form.get('q') ?? '').trim();
  if (query === '') return reply(response, 400, { error: 'missing required parameter "q"' });
  if (/^create\s+database\s/i.test(query)) return reply(response, 200, { results: [{ statement_id: 0 }] });
  const error = 'tg stores metrics in the run’s outputs and answers no query except CREATE DATABASE';
  return reply(response, 400, { error });
}

async function takeWrite(
  request: IncomingMessage,
  response: ServerResponse,
  asked: URLSearchParams,
  sink: PointSink,
): Promise<void> {
  const precision = asked.get('precision') || 'ns';
  const refuse = (status: number, error: string) => {
    request.resume();
    sink.report(`metrics were refused: ${error}`);
    return reply(response, status, { error });
  };
  if (!asked.get('db')) return refuse(400, 'database is required');
  if (!isPrecision(precision)) return refuse(400, `invalid precision "${precision}"`);
  let body: string;
  try {
    body = await bodyOf(request);
  } catch (error) {
    return refuse(codeOf(error) === tooLarge ? 413 : 400, messageOf(error));
  }
  const { lines, problems } = readPoints(body, precision, BigInt(Date.now()) * 1_000_000n);
  if (lines.length > 0) await sink.keep(lines);
  if (problems.length === 0) return reply(response, 204);
  return refuse(400, `partial write: ${problems.slice(0, 3).join('; ')} dropped=${problems.length}`);
}

const tooLarge = 'TG_TOO_LARGE';

/** The decompressed body as text. @throws for a broken or too large one. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const packed = request.headers['content-encoding'] === 'gzip';
  // A request that is destroyed would take the connection with it, and the client would get no answer.
  const unpacked = packed ? request.pipe(createGunzip()) : request.iterator({ destroyOnReturn: false });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of unpacked) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes)
      throw Object.assign(new Error(`more than ${maxBodyBytes} bytes`), { code: tooLarge });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body?: object): void {
  // Clients that check the version see the one that SDKs were written for.
  const headers = { 'x-influxdb-build': 'tg', 'x-influxdb-version': '1.8.10' };
  if (response.headersSent) return;
  if (body === undefined) response.writeHead(status, headers).end();
  else
    response
      .writeHead(status, { ...headers, 'content-type': 'application/json' })
      .end(`${JSON.stringify(body)}\n`);
}
