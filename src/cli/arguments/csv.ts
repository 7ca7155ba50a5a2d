/**
 * The fields of one line of comma-separated values (RFC 4180), as docker and podman read them: a field in double quotes may hold
 * commas, and two double quotes there are one. undefined where a quote stands elsewhere.
 */
export function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^",]*))(?<end>,|$)/suy;
  for (;;) {
    const found = field.exec(line)?.groups;
    if (found === undefined) return undefined;
    fields.push(found['quoted']?.replaceAll('""', '"') ?? found['plain'] ?? '');
    if (found['end'] === '') return fields;
  }
}
