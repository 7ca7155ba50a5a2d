import type { JsonObject } from './types.ts';

/**
 * An error as it goes over the wire: a fully qualified name and parameters. A handler throws it to refuse a call; a client
 * rejects with it when the server did. UAPI.20 "Reply".
 */
export class VarlinkError extends Error {
  override readonly name = 'VarlinkError';
  /** Fully qualified, such as `org.varlink.service.PermissionDenied`. */
  readonly error: string;
  readonly parameters: JsonObject;

  constructor(error: string, parameters: JsonObject = {}, options?: ErrorOptions) {
    super(Object.keys(parameters).length === 0 ? error : `${error} ${JSON.stringify(parameters)}`, options);
    this.error = error;
    this.parameters = parameters;
  }
}

const SERVICE = 'org.varlink.service';

/** The errors every service may answer with; UAPI.20 "org.varlink.service". Each returns the error, ready to be thrown. */
export const interfaceNotFound = (name: string): VarlinkError =>
  new VarlinkError(`${SERVICE}.InterfaceNotFound`, { interface: name });

/** @param method fully qualified, as systemd answers it */
export const methodNotFound = (method: string): VarlinkError =>
  new VarlinkError(`${SERVICE}.MethodNotFound`, { method });

/** @param method fully qualified */
export const methodNotImplemented = (method: string): VarlinkError =>
  new VarlinkError(`${SERVICE}.MethodNotImplemented`, { method });

/** @param parameter the name of the parameter, with a path where it lies inside one: `limits.memory`, `mounts[2].source` */
export const invalidParameter = (parameter: string): VarlinkError =>
  new VarlinkError(`${SERVICE}.InvalidParameter`, { parameter });

export const permissionDenied = (): VarlinkError => new VarlinkError(`${SERVICE}.PermissionDenied`);

export const expectedMore = (): VarlinkError => new VarlinkError(`${SERVICE}.ExpectedMore`);

/** New in UAPI.20; systemd 257 passes it through, 262 knows it. */
export const expectedUpgrade = (): VarlinkError => new VarlinkError(`${SERVICE}.ExpectedUpgrade`);

/** The connection ended before the answer came: the peer hung up, or we did. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

/** The peer sent what the protocol does not allow. The connection is closed; nothing on it can be trusted any more. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

/** Nobody answered at an address; `cause` has the system's reason, such as ENOENT or ECONNREFUSED. */
export class CannotConnect extends Error {
  override readonly name = 'CannotConnect';
  readonly address: string;

  constructor(address: string, cause: unknown) {
    super(`cannot connect to ${address}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.address = address;
  }
}
