const units = 'ns|µs|us|ms|s|m|h|%|[kKMG]i?B';

/** The parts of an error that may differ between instances with the same cause. Exit statuses and signals do not match. */
const varying = new RegExp(
  [
    // A UUID.
    String.raw`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`,
    // An address, with or without a port.
    String.raw`\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b`,
    String.raw`\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d+)?`,
    // An instance: single[003].
    String.raw`\b[\w-]+\[\d+\]`,
    // A hash, an ID or an address in memory: hexadecimal, with a digit.
    String.raw`\b0x[0-9a-f]+\b`,
    String.raw`\b(?=[a-f]*\d)[0-9a-f]{8,}\b`,
    // A number, with its unit.
    String.raw`(?<!\bstatus \d*|\bSIG[A-Z]*)\d+(?:[.,]\d+)*(?:(?:${units})(?!\w))?`,
  ].join('|'),
  'gi',
);

/** Replaces each part of an error that may differ between instances with the same cause by `…`. */
export function withoutVarying(text: string): string {
  return text.replaceAll(varying, '…');
}

/** What errors with the same cause have in common: the text if they are equal, else without the parts that may differ. */
export function sharedText(texts: readonly string[]): string {
  const [first = ''] = texts;
  return texts.every((text) => text === first) ? first : withoutVarying(first);
}
