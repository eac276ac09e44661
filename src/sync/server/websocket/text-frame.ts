/**
 * An unmasked, unfragmented text frame (RFC 6455, 5.2), as a server sends it.
 * @returns its bytes as characters up to U+00FF (latin1): parts shared between clients are joined as strings and
 * converted to bytes once, when they are sent.
 */
export function textFrame(text: string): string {
  const payload = utf8AsLatin1(text);
  return head(payload.length) + payload;
}

/** The UTF-8 bytes of a text, as characters. */
export function utf8AsLatin1(text: string): string {
  // Equal lengths mean that the text is ASCII only.
  if (Buffer.byteLength(text) === text.length) return text;
  return Buffer.from(text).toString('latin1');
}

/** The frame header for a payload of `length` bytes. */
export function head(length: number): string {
  if (length < 126) return String.fromCharCode(fin | textOpcode, length);
  if (length < 65_536) return String.fromCharCode(fin | textOpcode, 126, length >> 8, length & 0xff);
  const bytes = Buffer.alloc(10);
  bytes[0] = fin | textOpcode;
  bytes[1] = 127;
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes.toString('latin1');
}

const fin = 0x80;
const textOpcode = 0x1;
