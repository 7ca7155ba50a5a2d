/** A value that systemd would not take; `assignments.ts` adds what was assigned to what. */
export class Unparsable extends Error {
  override readonly name = 'Unparsable';
}
