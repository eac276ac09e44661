/**
 * A text frame (RFC 6455, 5.2) as a server sends it: whole, without a mask.
 * @returns its bytes as characters up to U+00FF (latin1): pieces that many clients share can be put together as strings, and
 *   become bytes once, when they are sent.
 */
export function textFrame(text: string): string {
  const payload = utf8AsLatin1(text);
  return head(payload.length) + payload;
}

/** The bytes of a text in UTF-8, as characters. */
export function utf8AsLatin1(text: string): string {
  // As long in UTF-8 as it is: nothing but ASCII.
  if (Buffer.byteLength(text) === text.length) return text;
  return Buffer.from(text).toString('latin1');
}

/** What comes before a payload of so many bytes. */
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
