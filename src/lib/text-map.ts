import * as v from 'valibot';

const isTextMap = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((entry) => typeof entry === 'string');

/** An object of texts, whatever its keys: valibot's `record` drops `__proto__`, `prototype` and `constructor`. */
export const TextMap = v.custom<Readonly<Record<string, string>>>(isTextMap, 'not an object of texts');
