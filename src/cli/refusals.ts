/**
 * Whether berthd refused with this error of the interface. Unlike `isContainerError` it knows nothing of the parameters, and
 * needs neither the interface file nor the client to be loaded.
 */
export const isRefusal = (
  error: unknown,
  name: `io.berth.${'Container' | 'Image' | 'Network' | 'Volume'}.${string}`,
): boolean => error instanceof Error && 'error' in error && error.error === name;
