/** Entries as `journalctl -o export` prints them; what is no printable text has its length before it. */
export function exported(...entries: readonly Readonly<Record<string, string | Buffer>>[]): Buffer {
  return Buffer.concat(entries.flatMap((entry) => [...Object.entries(entry).map(fieldOf), Buffer.from('\n')]));
}

function fieldOf([name, value]: readonly [string, string | Buffer]): Buffer {
  if (typeof value === 'string' && !value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}
