/** A verb of a domain, bound to what it needs of the world: its first parameter. */
export const bound =
  <Needs, Parameters extends readonly unknown[], Result>(
    ports: Needs,
    verb: (ports: Needs, ...parameters: Parameters) => Result,
  ) =>
  (...parameters: Parameters): Result =>
    verb(ports, ...parameters);
