// Imports point one way: each layer may import only from those to its left.
const LAYERS = [
  'lib|log|stream|unit-file|oci-spec',
  'varlink',
  'api|config|systemd|oci|journal|store|storage|relay|netavark|archive',
  'image|network|volume',
  'container',
  'supervisor',
  'service',
  'cli',
];
const ADAPTERS = 'systemd|oci|journal|store|storage|relay|netavark|archive';
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
      from: { path: `^src/(${ADAPTERS})/` },
      to: { path: layer(ADAPTERS), pathNot: '^src/$1/' },
    },
    {
      name: 'a folder of src stands in the table of layers',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: layer(LAYERS.join('|')) },
    },
    {
      // An adapter's errors are part of its interface; nothing in such a file opens anything.
      name: 'the domain holds interfaces, not adapters',
      severity: 'error',
      from: { path: layer('image|network|volume|container|supervisor') },
      to: { path: layer(ADAPTERS), pathNot: '^src/[^/]+/errors\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'settings are passed as values',
      severity: 'error',
      from: { path: layer('image|network|volume|container|supervisor|cli') },
      to: { path: layer('config') },
    },
    {
      name: 'the CLI speaks varlink',
      severity: 'error',
      from: { path: layer('cli') },
      to: { path: layer(`${ADAPTERS}|config|image|network|volume|container|supervisor|service`) },
    },
    owner('dbus-next', 'systemd'),
    owner('usocket', 'systemd|relay'),
    owner('better-sqlite3', 'store'),
    owner('execa', 'oci|storage|journal|netavark'),
    owner('pino|systemd-journald', 'log'),
  ],
};
