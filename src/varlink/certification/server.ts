import type { Call, JsonObject } from '../types.ts';
import type { CallMode } from '../message.ts';
import type { Handler } from '../service.ts';
import type { Step } from './steps.ts';
import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { STEPS } from './steps.ts';
import { Server } from '../server.ts';
import { VarlinkError } from '../errors.ts';
import { certificationInterface } from './interface.ts';

/** Clients that are between `Start` and `End`; beyond this the oldest is forgotten. */
const MAX_CLIENTS = 1000;

/** A server that certifies clients. `onError` is told of this side's own faults. */
export function certificationServer(onError: (error: unknown, method: string) => void): Server {
  const server = new Server({
    vendor: 'Berth',
    product: 'varlink certification',
    version: '1',
    url: 'https://varlink.org/Language-Bindings',
    onError,
  });
  return server.serve(certificationInterface, certificationHandlers());
}

/** Each client's next step is kept by its id; a wrong call ends its certification. */
function certificationHandlers(): object {
  const next = new Map<string, number>();
  const answer = (step: Step, index: number, parameters: JsonObject, call: Call): unknown => {
    const { client_id: id, ...input } = parameters;
    if (typeof id !== 'string' || !next.has(id)) throw new VarlinkError('org.varlink.certification.ClientIdError');
    const expected = STEPS[next.get(id) ?? index] ?? step;
    next.delete(id);
    if (expected !== step || modeOf(call) !== step.mode || !isDeepStrictEqual(withoutNulls(input), step.input)) {
      throw certificationError(expected, call, parameters);
    }
    if (index + 1 < STEPS.length) next.set(id, index + 1);
    return step.mode === 'more' ? each(step.replies) : (step.replies[0] ?? {});
  };
  const tests = STEPS.map((step, index): [string, Handler] => [
    step.method,
    (parameters, call) => answer(step, index, parameters, call),
  ]);
  return { Start: start(next), ...Object.fromEntries(tests) };
}

function start(next: Map<string, number>): (parameters: JsonObject, call: Call) => { client_id: string } {
  return (parameters, call) => {
    if (modeOf(call) !== 'plain') {
      throw certificationError({ method: 'Start', mode: 'plain', input: {}, replies: [] }, call, parameters);
    }
    const id = randomUUID();
    next.set(id, 0);
    const [oldest] = next.keys();
    if (next.size > MAX_CLIENTS && oldest !== undefined) next.delete(oldest);
    return { client_id: id };
  };
}

async function* each(replies: readonly JsonObject[]): AsyncGenerator<JsonObject, void, void> {
  for (const reply of replies) yield await Promise.resolve(reply);
}

const modeOf = ({ more, oneway, upgrade }: Call): CallMode =>
  more ? 'more' : oneway ? 'oneway' : upgrade ? 'upgrade' : 'plain';

/** A nullable member of `mytype` may come as null or not at all; the nulls inside arrays are not members. */
function withoutNulls(value: JsonObject): JsonObject {
  const { mytype, ...others } = value;
  if (typeof mytype !== 'object' || mytype === null || Array.isArray(mytype)) return value;
  const members = Object.entries(mytype).filter(([, member]) => member !== null && member !== undefined);
  return { ...others, mytype: Object.fromEntries(members) };
}

function certificationError({ method, mode, input }: Step, call: Call, parameters: JsonObject): VarlinkError {
  return new VarlinkError('org.varlink.certification.CertificationError', {
    wants: { method: `org.varlink.certification.${method}`, mode, parameters: input },
    got: { method: call.method, mode: modeOf(call), parameters },
  });
}
