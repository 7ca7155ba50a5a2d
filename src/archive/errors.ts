/** What could not be done with a container's files. */
import type { HelperRefusal } from './request.ts';

/** Nothing was begun. */
export class FilesRefused extends Error {
  override readonly name = 'FilesRefused';
  readonly code: HelperRefusal['code'];
  constructor({ code, reason }: HelperRefusal) {
    super(reason);
    this.code = code;
  }
}

/** Not all of it was packed or unpacked; the message is GNU tar's. */
export class TransferFailed extends Error {
  override readonly name = 'TransferFailed';
}
