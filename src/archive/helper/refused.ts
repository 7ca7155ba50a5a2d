import type { HelperRefusal } from '../request.ts';

/** What is asked for cannot be done. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: HelperRefusal['code'];
  constructor(code: HelperRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const CODES: Readonly<Record<string, HelperRefusal['code']>> = {
  ENOENT: 'NoSuchPath',
  ENAMETOOLONG: 'NoSuchPath', // nothing has such a name
  ENOTDIR: 'NotADirectory',
  EROFS: 'ReadOnlyPath',
  ESRCH: 'Gone',
};

/** What a path's own fault is called; anything else the system has refused. */
export const refusalOf = (error: unknown): HelperRefusal => {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Refused) return { code: error.code, reason };
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code: CODES[code] ?? 'Failed', reason };
};

/** Whether a system call failed because nothing is there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
