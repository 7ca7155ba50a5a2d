/** Yes and no as people write them: those of systemd's own files, which are also docker's and podman's. undefined for neither. */
export function booleanOf(text: string): boolean | undefined {
  if (/^(?:1|y|yes|t|true|on)$/iu.test(text)) return true;
  return /^(?:0|n|no|f|false|off)$/iu.test(text) ? false : undefined;
}
