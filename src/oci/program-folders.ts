/** Where programs are looked for, whatever environment berthd was given. */
export const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** The same, as PATH has it. */
export const PROGRAM_PATH = PROGRAM_FOLDERS.join(':');
