/** Extended attributes, which Node has no way to read. */
import koffi, { type KoffiFunc } from 'koffi';

const fgetxattr: KoffiFunc<(fd: number, name: string, value: Uint8Array, size: number) => number> = koffi
  .load(null)
  .func('intptr_t fgetxattr(int fd, const char *name, _Out_ uint8_t *value, size_t size)');

const MAX_VALUE_BYTES = 256;
/** Not set, or a file system without them. */
const ABSENT: readonly (number | undefined)[] = [koffi.os.errno['ENODATA'], koffi.os.errno['ENOTSUP']];

/** The value of a short attribute of an open file; undefined if it has none of that name. */
export function getxattr(fd: number, name: string): Buffer | undefined {
  const value = Buffer.alloc(MAX_VALUE_BYTES);
  const size = fgetxattr(fd, name, value, value.length);
  if (size >= 0) return value.subarray(0, size);
  const errno = koffi.errno();
  if (ABSENT.includes(errno)) return undefined;
  throw new Error(`fgetxattr ${name}: errno ${errno}`);
}
