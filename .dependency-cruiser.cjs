// Imports point one way: each layer may import only from those to its left.
const LAYERS = ['lib|log', 'varlink', 'api|systemd|oci|journal|store|storage', 'container', 'supervisor', 'service'];
const layer = (folders) => `^src/(${folders})/`;
const owner = (packages, folders) => ({
  name: `${packages} has one owner`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${folders})/` },
  to: { path: `node_modules/(${packages})/` },
});
module.exports = {
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...LAYERS.slice(0, -1).map((from, i) => ({
      name: `${from} looks up`,
      severity: 'error',
      from: { path: layer(from) },
      to: { path: layer(LAYERS.slice(i + 1).join('|')) },
    })),
    {
      name: 'varlink is a library of its own',
      severity: 'error',
      from: { path: '^src/varlink/' },
      to: { path: '^src/', pathNot: '^src/varlink/' },
    },
    {
      name: 'adapters do not know one another',
      severity: 'error',
      from: { path: '^src/(systemd|oci|journal|store|storage)/' },
      to: { path: '^src/(systemd|oci|journal|store|storage)/', pathNot: '^src/$1/' },
    },
    {
      name: 'the domain holds interfaces, not adapters',
      severity: 'error',
      from: { path: layer('container|supervisor') },
      to: { path: layer('systemd|oci|journal|store|storage'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the CLI speaks varlink',
      severity: 'error',
      from: { path: layer('cli') },
      to: { path: '^src/(systemd|oci|journal|store|storage|container|supervisor|service)/' },
    },
    owner('dbus-next|usocket', 'systemd'),
    owner('better-sqlite3', 'store'),
    owner('execa', 'oci|storage|journal'),
    owner('pino|systemd-journald', 'log'),
    owner('commander', 'cli'),
  ],
};
