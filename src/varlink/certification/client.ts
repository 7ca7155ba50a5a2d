import type { CallOptions, Caller, JsonObject } from '../types.ts';
import type { Step } from './steps.ts';
import { InterfaceClient } from '../binding.ts';
import { STEPS } from './steps.ts';
import { certificationInterface } from './interface.ts';

/** What a test returns is the next one's input; only the last two have inputs of another form. */
type Carry = JsonObject;

/**
 * Has a server certify this library's client. Tests values only for their types: it is the server that gets each back and
 * judges it, and varlink/go's has a value of its own.
 * @param caller one connection, since the order of calls across the oneway one matters
 * @throws VarlinkError when the server finds fault; InvalidReply; Error when it does not say that all is well
 */
export async function certify(caller: Caller, report: (line: string) => void, options?: CallOptions): Promise<void> {
  const client = new InterfaceClient(certificationInterface, caller);
  const start = await client.call<{ client_id: string }>('Start', {}, options);
  report(`Start: ${JSON.stringify(start)}`);
  let carry: Carry = {};
  for (const step of STEPS) {
    carry = await take(client, caller, step, { ...start, ...carry }, options);
    report(`${step.method}: ${JSON.stringify(carry)}`);
  }
  if (carry['all_ok'] !== true) throw new Error('the server does not say that all is well');
}

async function take(
  client: InterfaceClient,
  caller: Caller,
  { method, mode }: Step,
  input: JsonObject,
  options: CallOptions | undefined,
): Promise<Carry> {
  switch (mode) {
    case 'more': {
      const replies: string[] = [];
      for await (const { string } of client.callMore<{ string: string }>(method, input, options)) replies.push(string);
      return { last_more_replies: replies };
    }
    case 'oneway':
      await caller.callOneway(`${certificationInterface.name}.${method}`, input);
      return {};
    case 'plain':
    case 'upgrade':
      return await client.call<JsonObject>(method, input, options);
  }
}
