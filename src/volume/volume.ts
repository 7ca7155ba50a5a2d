/** A volume as berth keeps it: a folder of the host that outlives the containers it is mounted in. */

/**
 * What has become of it so far: nobody has used it; its owner and mode are decided; it has content, and is given none any more.
 */
export const STAGES = ['new', 'owned', 'filled'] as const;
export type Stage = (typeof STAGES)[number];

export interface Volume {
  readonly name: string;
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it was made for a container, and not by a name that somebody chose. */
  readonly anonymous: boolean;
  readonly stage: Stage;
}

/** What makes volumes on this host; others would be plugins. */
export const DRIVER = 'local';

/** Also the name of its folder, where names that begin with a dot are berth's own. */
export const isVolumeName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/u.test(text);
