interface JSON {
  /** ECMAScript's, of Node ≥ 21: what `stringify` writes as it stands. */
  rawJSON(text: string): object;
  /** Likewise: a reviver sees a number as it was written. */
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
