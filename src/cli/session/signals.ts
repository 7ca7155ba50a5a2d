/** The signals that a session takes from its own process, and what they are there. */

/** What asks a program to end. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What a terminal does to the programs in front of it: stops them, lets them go on, has another size. */
const OF_A_TERMINAL = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT', 'SIGWINCH'] as const;

/**
 * Every other one that a program can take and that means nothing to this one: not those of its own children, pipes and faults.
 * SIGPWR is this runtime's own, and it takes neither SIGSTKFLT nor realtime signals.
 */
const OTHERS = [
  ...(['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGURG', 'SIGIO', 'SIGXCPU', 'SIGXFSZ'] as const),
  ...(['SIGTRAP', 'SIGABRT', 'SIGSYS'] as const),
] as const;

/**
 * The signals that are passed on to a container.
 * @param place where there is a terminal, what it does is meant for this process: it would have to stop as well, and a program
 *   such as httpd ends when it hears of another window
 */
export const passedOnSignals = (place: 'at-a-terminal' | 'elsewhere'): readonly NodeJS.Signals[] => [
  ...ENDING_SIGNALS,
  ...OTHERS,
  ...(place === 'elsewhere' ? OF_A_TERMINAL : []),
];
