/** What berth exits with; docker's and podman's numbers. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** `rm`: the container runs. `rmi`: the image is used. */
  inTheWay: 2,
  /** Berth itself failed, where other codes are those of a container, and for arguments that make no sense. */
  berthFailed: 125,
  notExecutable: 126,
  notFound: 127,
  /** What a shell makes of a program that SIGPIPE ended: nobody reads the output any more. */
  outputClosed: 141,
} as const;

export type ExitCodeFor = (error: unknown) => number;
