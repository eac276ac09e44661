import { inflateSync } from 'node:zlib';

/** An object of a PDF: its dictionary, and the content of its stream. */
interface PdfObject {
  readonly dictionary: string;
  readonly stream: string;
}

/** The text in a PDF that Chromium has written, without line breaks: each character has its own place. */
export function textInPdf(pdf: Uint8Array): string {
  const objects = objectsIn(Buffer.from(pdf).toString('latin1'));
  const fonts = new Map<string, ReadonlyMap<string, string>>();
  for (const [number, { dictionary }] of objects) {
    const [, map] = /\/ToUnicode (\d+) 0 R/.exec(dictionary) ?? [];
    // Chromium names a font by its number.
    if (map !== undefined) fonts.set(`F${number}`, charactersIn(objects.get(map)?.stream ?? ''));
  }
  return [...objects.values()].map(({ stream }) => textInStream(stream, fonts)).join('');
}

function objectsIn(pdf: string): ReadonlyMap<string, PdfObject> {
  const found = new Map<string, PdfObject>();
  for (const [, number = '', body = ''] of pdf.matchAll(/(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj/gs)) {
    const [dictionary = '', stream] = body.split(/>>\s*stream\r?\n/s);
    const bytes = Buffer.from(stream?.replace(/\r?\nendstream\s*$/, '') ?? '', 'latin1');
    found.set(number, { dictionary, stream: dictionary.includes('/FlateDecode') ? inflated(bytes) : '' });
  }
  return found;
}

function inflated(bytes: Buffer): string {
  try {
    return inflateSync(bytes).toString('latin1');
  } catch {
    return '';
  }
}

/** The characters of a font by glyph, from its ToUnicode map. */
function charactersIn(map: string): ReadonlyMap<string, string> {
  const characters = new Map<string, string>();
  for (const [, block = ''] of map.matchAll(/beginbfchar(.*?)endbfchar/gs))
    for (const [, glyph = '', code = ''] of block.matchAll(/<(\w+)> <(\w+)>/g))
      characters.set(glyph.toUpperCase(), characterOf(Number.parseInt(code, 16)));
  for (const [, block = ''] of map.matchAll(/beginbfrange(.*?)endbfrange/gs))
    for (const [, from = '', to = '', code = ''] of block.matchAll(/<(\w+)> <(\w+)> <(\w+)>/g))
      for (let glyph = Number.parseInt(from, 16); glyph <= Number.parseInt(to, 16); glyph++)
        characters.set(
          glyph.toString(16).padStart(from.length, '0').toUpperCase(),
          characterOf(Number.parseInt(code, 16) + glyph - Number.parseInt(from, 16)),
        );
  return characters;
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '?';
}

function textInStream(stream: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  let text = '';
  let font: ReadonlyMap<string, string> | undefined;
  for (const [, name, glyphs = ''] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|(\[.*?\] TJ|<\w*> Tj)/gs)) {
    if (name !== undefined) font = fonts.get(name);
    else if (font !== undefined) text += textOf(glyphs, font);
  }
  return text;
}

function textOf(glyphs: string, font: ReadonlyMap<string, string>): string {
  const codes = [...glyphs.matchAll(/<(\w*)>/g)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? []);
  return codes.map((code) => font.get(code.toUpperCase()) ?? '').join('');
}
