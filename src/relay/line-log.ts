/** Where a relay leaves what it reads, line by line. */
export interface LineLog {
  /** The relay reads into this. */
  readonly buffer: Buffer;
  /** It has not taken all of the last chunk yet. */
  readonly busy: boolean;
  /**
   * Takes the first bytes of the buffer.
   * @returns what to wait for before the buffer is used again; nothing if everything is logged already
   */
  accept(length: number): Promise<void> | undefined;
  /** Logs what is left of a line that has no end. */
  finish(): Promise<void>;
  close(): void;
}
