/** The pieces that records are described with. */
import * as v from 'valibot';

export const text = v.string();
export const texts = v.array(text);
export const number = v.number();
export const flag = v.boolean();
/** Unlike `v.record` it keeps `constructor` and `__proto__`, which are names like any other. */
export const map = v.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string'),
);
export const optional = <T extends v.GenericSchema>(schema: T) => v.optional(v.union([schema, v.undefined()]));

type Frozen<T> = T extends readonly (infer Each)[]
  ? readonly Frozen<Each>[]
  : T extends object
    ? { readonly [Member in keyof T]: Frozen<T[Member]> }
    : T;
/** What is kept by a schema; nobody changes it in place. */
export type Kept<Schema extends v.GenericSchema> = Frozen<v.InferOutput<Schema>>;
