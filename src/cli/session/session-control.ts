/** The last word of an attached connection, as a client reads it; src/stream/control.ts would need valibot at every start. */
import type { ServerControl } from '../../stream/control.ts';
import { ProtocolViolation } from '../../varlink/errors.ts';

/** @throws ProtocolViolation */
export function parseServerControl(payload: Buffer): ServerControl {
  const said = membersOf(payload.toString('utf8'));
  switch (said['type']) {
    case 'exit':
      return {
        type: 'exit',
        exitCode: typeof said['exitCode'] === 'number' ? said['exitCode'] : undefined,
        signal: textOf(said['signal']),
        message: textOf(said['message']),
      };
    case 'detached':
      return { type: 'detached' };
    case 'error':
      return {
        type: 'error',
        error: textOf(said['error']) ?? '',
        parameters: isObject(said['parameters']) ? said['parameters'] : {},
      };
    default:
      throw new ProtocolViolation('a control frame of a type that is not known');
  }
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (!isObject(said)) throw new ProtocolViolation('a control frame that is no JSON object');
  return said;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
