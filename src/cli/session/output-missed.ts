/** Some of what the process said was read while its client was not there: it had not come back in time after berthd had gone. */
export class OutputMissed extends Error {
  override readonly name = 'OutputMissed';
}
