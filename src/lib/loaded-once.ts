/**
 * What `load` gives, loaded when it is first asked for. For imports that are dynamic as what they load is seldom needed, or not
 * everywhere: Node looks a module that it has up again for each of them, which takes 0.1 ms. What could not be loaded is tried
 * again.
 */
export function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return async () => {
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
}
