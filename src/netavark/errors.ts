/** netavark could not be run, or failed; the message is what it said. */
export class NetavarkFailed extends Error {
  override readonly name = 'NetavarkFailed';
}
