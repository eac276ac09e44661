import { extname } from 'node:path';

/** Media types by the extension of a name. */
const byExtension: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.out': 'text/plain',
  '.err': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
  '.dot': 'text/vnd.graphviz',
  '.ndjson': 'text/plain',
  '.yaml': 'text/plain',
  '.toml': 'text/plain',
};

/** The media type of a file by its name; `application/octet-stream` if its extension says nothing. */
export function typeOfName(name: string): string {
  return byExtension[extname(name).toLowerCase()] ?? 'application/octet-stream';
}
