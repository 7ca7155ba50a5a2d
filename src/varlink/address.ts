/**
 * Where a service is: UAPI.20 "Addresses" and what systemd adds to them.
 *
 * `unix:/path`, `unix:@abstract`, `tcp:host:port`, `tcp:[::1]:port`, `exec:/path` (a program that speaks varlink on a
 * socket it inherits), and a bare `/path`, which is a unix socket. What follows a `;` is ignored but for `mode=`, the mode of
 * a unix socket that is listened on.
 */
export type Address =
  | { readonly kind: 'unix'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'abstract'; readonly name: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly path: string };

/** An address that cannot be understood. */
export class InvalidAddress extends Error {
  override readonly name = 'InvalidAddress';
  readonly address: string;

  constructor(address: string, problem: string) {
    super(`'${address}' is no varlink address: ${problem}`);
    this.address = address;
  }
}

/** Linux's limit for a path (sun_path with its NUL) and for an abstract name (with the NUL before it), in bytes. */
const MAX_SOCKET_NAME = 107;
const TCP = /^(?:\[(?<bracketed>[0-9A-Fa-f:.]+)\]|(?<plain>[^:[\]]+)):(?<port>\d{1,5})$/u;

/** @throws InvalidAddress */
export function parseAddress(text: string): Address {
  const [bare = '', ...options] = text.split(';');
  if (bare.includes('\0')) throw new InvalidAddress(text, 'it holds NUL');
  if (bare.startsWith('/')) return unix(text, bare, options);
  const colon = bare.indexOf(':');
  const rest = bare.slice(colon + 1);
  switch (bare.slice(0, Math.max(colon, 0))) {
    case 'unix':
      return rest.startsWith('@') ? abstract(text, rest.slice(1)) : unix(text, rest, options);
    case 'tcp':
      return tcp(text, rest);
    case 'exec':
      return { kind: 'exec', path: absolute(text, rest) };
    default:
      throw new InvalidAddress(text, 'it should start with unix:, tcp:, exec: or /');
  }
}

/** The opposite of `parseAddress`. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'unix':
      return `unix:${address.path}${address.mode === undefined ? '' : `;mode=${address.mode.toString(8).padStart(4, '0')}`}`;
    case 'abstract':
      return `unix:@${address.name}`;
    case 'tcp':
      return `tcp:${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    case 'exec':
      return `exec:${address.path}`;
  }
}

function unix(text: string, path: string, options: readonly string[]): Address {
  absolute(text, path);
  if (Buffer.byteLength(path) > MAX_SOCKET_NAME) {
    throw new InvalidAddress(text, `the path is longer than ${MAX_SOCKET_NAME} bytes`);
  }
  const mode = options.find((option) => option.startsWith('mode='))?.slice('mode='.length);
  if (mode === undefined) return { kind: 'unix', path };
  if (!/^[0-7]{1,4}$/u.test(mode)) throw new InvalidAddress(text, `'${mode}' is no mode`);
  return { kind: 'unix', path, mode: Number.parseInt(mode, 8) };
}

function abstract(text: string, name: string): Address {
  if (name === '' || Buffer.byteLength(name) > MAX_SOCKET_NAME) throw new InvalidAddress(text, 'bad abstract name');
  return { kind: 'abstract', name };
}

function tcp(text: string, rest: string): Address {
  const { bracketed, plain, port: digits } = TCP.exec(rest)?.groups ?? {};
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) throw new InvalidAddress(text, 'it should be tcp:HOST:PORT');
  return { kind: 'tcp', host, port };
}

function absolute(text: string, path: string): string {
  if (!path.startsWith('/')) throw new InvalidAddress(text, 'the path is not absolute');
  return path;
}
