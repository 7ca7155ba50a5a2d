import type { JsonObject } from './types.ts';
import { ProtocolViolation } from './errors.ts';

/**
 * The members around the parameters: what a call and a reply may look like (UAPI.20 "Call", "Reply"). Calls are read as
 * strictly as sd-varlink reads them; replies as tolerantly as is safe. In both a null member counts as absent, since
 * their types are nullable.
 */

/** How a call wants to be answered; the three flags exclude one another. */
export type CallMode = 'plain' | 'more' | 'oneway' | 'upgrade';

export interface CallMessage {
  readonly method: string;
  readonly parameters: JsonObject;
  readonly mode: CallMode;
}

export interface ReplyMessage {
  readonly parameters: JsonObject;
  readonly continues: boolean;
  readonly error: string | undefined;
}

type Unread = JsonObject[string];

const NONE: JsonObject = Object.freeze({});

/**
 * Reads a call. Members in reverse-domain style that hold an object are vendors' and are ignored.
 * @throws ProtocolViolation for what the server must answer by closing the connection
 */
export function readCall(message: JsonObject): CallMessage {
  let method: string | undefined;
  let parameters = NONE;
  let mode: CallMode = 'plain';
  for (const member of Object.keys(message)) {
    const value = message[member];
    switch (member) {
      case 'method':
        if (typeof value !== 'string') throw new ProtocolViolation('method is not a string');
        method = value;
        break;
      case 'parameters':
        parameters = readParameters(value);
        break;
      case 'more':
      case 'oneway':
      case 'upgrade':
        if (!readFlag(member, value)) break;
        if (mode !== 'plain') throw new ProtocolViolation(`both ${mode} and ${member} are set`);
        mode = member;
        break;
      default:
        if (!member.includes('.') || !isObject(value)) throw new ProtocolViolation(`unknown member ${member}`);
    }
  }
  if (method === undefined) throw new ProtocolViolation('call without a method');
  return { method, parameters, mode };
}

/** The message of a call: nothing that may be left out, since some servers compare the whole message. */
export function callMessage(method: string, parameters: JsonObject, mode: CallMode): JsonObject {
  return {
    method,
    parameters: isEmpty(parameters) ? undefined : parameters,
    ...(mode === 'plain' ? undefined : { [mode]: true }),
  };
}

/**
 * Reads a reply. Members it does not know are ignored.
 * @throws ProtocolViolation when it cannot be understood as one
 */
export function readReply({ parameters, continues, error }: JsonObject): ReplyMessage {
  const more = readFlag('continues', continues);
  if (error !== undefined && error !== null && typeof error !== 'string') {
    throw new ProtocolViolation('error is not a string');
  }
  if (more && typeof error === 'string') throw new ProtocolViolation('an error that continues');
  return { parameters: readParameters(parameters), continues: more, error: error ?? undefined };
}

/**
 * `parameters` is there even when empty: varlinkctl prints nothing at all for a reply without it, which breaks scripts
 * that parse its output, and every client takes `{}`. No other member is ever sent; systemd hangs up on them.
 */
export function replyMessage(parameters: JsonObject, continues: boolean): JsonObject {
  return continues ? { parameters, continues } : { parameters };
}

export function errorMessage(error: string, parameters: JsonObject): JsonObject {
  return isEmpty(parameters) ? { error } : { error, parameters };
}

const isObject = (value: Unread): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function isEmpty(parameters: JsonObject): boolean {
  for (const member in parameters) if (parameters[member] !== undefined) return false;
  return true;
}

function readParameters(value: Unread): JsonObject {
  if (value === undefined || value === null) return NONE;
  if (!isObject(value)) throw new ProtocolViolation('parameters are not an object');
  return value;
}

function readFlag(name: string, value: Unread): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new ProtocolViolation(`${name} is not a boolean`);
  return value;
}
