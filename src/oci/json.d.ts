interface JSON {
  /** ECMAScript's, of Node ≥ 21: what `stringify` writes as it stands. */
  rawJSON(text: string): object;
}
