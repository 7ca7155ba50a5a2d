import type { CallMode } from '../message.ts';
import type { JsonObject } from '../types.ts';

/** One call of the certification: what it has to carry besides the client's id, how, and what answers it. */
export interface Step {
  readonly method: string;
  readonly mode: CallMode;
  readonly input: JsonObject;
  /** Every reply; all but the last with `continues`. None is for the call that is oneway. */
  readonly replies: readonly JsonObject[];
}

const scalars = { bool: false, int: 2, float: Math.PI, string: 'a lot of string' };
const map = { foo: 'Foo', bar: 'Bar' };
const set = { one: {}, two: {}, three: {} };
const mytype = {
  object: { method: 'org.varlink.certification.Test09', parameters: { map } },
  enum: 'two',
  struct: { first: 1, second: '2' },
  array: ['one', 'two', 'three'],
  dictionary: map,
  stringset: set,
  interface: {
    foo: [null, { foo: 'foo', bar: 'bar' }, null, { one: 'foo', two: 'bar' }],
    anon: { foo: true, bar: false },
  },
};
const numbered = Array.from({ length: 10 }, (_, index) => `Reply number ${index + 1}`);

const plain = (method: string, input: JsonObject, reply: JsonObject): Step => ({
  method,
  mode: 'plain',
  input,
  replies: [reply],
});

/** What follows `Start`, in order; the values are those of varlink/python's reference server. */
export const STEPS: readonly Step[] = [
  plain('Test01', {}, { bool: true }),
  plain('Test02', { bool: true }, { int: 1 }),
  plain('Test03', { int: 1 }, { float: 1 }),
  plain('Test04', { float: 1 }, { string: 'ping' }),
  plain('Test05', { string: 'ping' }, scalars),
  plain('Test06', scalars, { struct: scalars }),
  plain('Test07', { struct: scalars }, { map }),
  plain('Test08', { map }, { set }),
  plain('Test09', { set }, { mytype }),
  { method: 'Test10', mode: 'more', input: { mytype }, replies: numbered.map((string) => ({ string })) },
  { method: 'Test11', mode: 'oneway', input: { last_more_replies: numbered }, replies: [] },
  plain('End', {}, { all_ok: true }),
];
