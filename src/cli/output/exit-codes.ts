/** What berth exits with; podman's numbers. */
export const EXIT = {
  ok: 0,
  /** `rm`, `rmi`: there is none of that name. */
  notThere: 1,
  /** `rm`: the container runs. `rmi`: the image is used. */
  inTheWay: 2,
  /** Berth itself failed, or the arguments make no sense; so that other codes can be those of a container. */
  berthFailed: 125,
  notExecutable: 126,
  notFound: 127,
  /** What a shell makes of a program that SIGPIPE ended: nobody reads the output any more. */
  outputClosed: 141,
} as const;

export type ExitCodeFor = (error: unknown) => number;
