/** From what a client asks for to what an exec session is made of. Pure. */
import { parseCapability } from '../../oci-spec/capabilities.ts';
import {
  absolutePath,
  demandExecutable,
  invalid,
  listOf,
  mapOf,
  numberWithin,
  textOf,
  textsOf,
} from '../configuration/checks.ts';
import type { SessionConfiguration } from './session.ts';

export interface SessionRequest {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly workingDirectory?: string | undefined;
  readonly terminal?: boolean | undefined;
  readonly stdin?: boolean | undefined;
  readonly privileged?: boolean | undefined;
  readonly addCapabilities?: readonly string[] | undefined;
  readonly preservedDescriptors?: number | undefined;
}

/** The next one, 9, is what the session's first process waits at. */
const MAX_PRESERVED = 6;

/** @throws ContainerError `InvalidParameter` */
export function configureSession(request: SessionRequest): SessionConfiguration {
  const { command, environment, user, workingDirectory, terminal = false, stdin = false, privileged = false } = request;
  const { preservedDescriptors = 0 } = request;
  if (command.length === 0) throw invalid('command');
  const variables = mapOf(environment, 'environment');
  if (Object.keys(variables).some((name) => name.includes('='))) throw invalid('environment');
  demandExecutable(command, variables);
  return {
    command: textsOf(command, 'command'),
    environment: variables,
    user: user === undefined ? undefined : textOf(user, 'user'),
    groups: textsOf(request.groups, 'groups'),
    workingDirectory: workingDirectory === undefined ? undefined : absolutePath(workingDirectory, 'workingDirectory'),
    terminal,
    stdin: stdin || terminal,
    privileged,
    addCapabilities: listOf(request.addCapabilities, 'addCapabilities', capabilityOf),
    preservedDescriptors: numberWithin(preservedDescriptors, 'preservedDescriptors', 0, MAX_PRESERVED),
  };
}

function capabilityOf(text: string, member: string): string {
  const capability = parseCapability(text);
  if (capability === undefined) throw invalid(member);
  return capability;
}
