/** Text that man(7) shows as it is: hyphens that can be copied, no requests, no escapes, quotes that end nothing. */
export function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('…', String.raw`\&...`);
  return escaped.startsWith('.') ? String.raw`\&${escaped}` : escaped;
}
