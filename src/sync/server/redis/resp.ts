/** The first byte of every command from a Redis client: an array. HTTP and WebSocket begin with a letter. */
export const respArray = '*'.charCodeAt(0);

export type Reply =
  | { readonly status: string }
  | { readonly error: string }
  | number
  | string
  | null
  | readonly Reply[]
  | typeof nullArray;

/** An empty result of a command that otherwise returns an array. */
export const nullArray = Symbol('null array');

/** Encodes a reply as RESP 2 (redis.io, "Redis serialization protocol specification"). */
export function encodeReply(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (reply === nullArray) return '*-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if (isArray(reply)) return `*${reply.length}\r\n${reply.map(encodeReply).join('')}`;
  if ('status' in reply) return `+${oneLine(reply.status)}\r\n`;
  return `-${oneLine(reply.error)}\r\n`;
}

function isArray(reply: object): reply is readonly Reply[] {
  return Array.isArray(reply);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
