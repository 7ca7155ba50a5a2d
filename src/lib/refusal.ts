/**
 * A request that was refused, or failed for a reason its author can act on. Anything else that is thrown is a bug.
 * Each domain has a table of its own, from the codes of its refusals to their facts.
 */
export abstract class Refusal<Table, C extends keyof Table> extends Error {
  readonly code: C;
  readonly facts: Table[C];

  constructor(code: C, facts: Table[C], options?: ErrorOptions) {
    super(`${String(code)} ${JSON.stringify(facts)}`, options);
    this.code = code;
    this.facts = facts;
  }
}
