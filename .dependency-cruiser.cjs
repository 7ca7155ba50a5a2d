// Imports point one way: each layer may import only from those to its left.
const LAYERS = [
  'lib|log|stream|unit-file|oci-spec',
  'varlink',
  'api|systemd|oci|journal|store|storage|relay',
  'container',
  'supervisor',
  'service',
];
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
      from: { path: '^src/(systemd|oci|journal|store|storage|relay)/' },
      to: { path: '^src/(systemd|oci|journal|store|storage|relay)/', pathNot: '^src/$1/' },
    },
    {
      // Interfaces with their errors, and pure functions, are not adapters: nothing in these files opens anything.
      name: 'the domain holds interfaces, not adapters',
      severity: 'error',
      from: { path: layer('container|supervisor') },
      to: {
        path: layer('systemd|oci|journal|store|storage|relay'),
        pathNot: [
          '^src/systemd/units/unit-manager\\.ts$',
          '^src/oci/runtime\\.ts$',
          '^src/storage/(images|overlay|errors)\\.ts$',
          '^src/journal/journal\\.ts$',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the CLI speaks varlink',
      severity: 'error',
      from: { path: layer('cli') },
      to: { path: '^src/(systemd|oci|journal|store|storage|relay|container|supervisor|service)/' },
    },
    owner('dbus-next', 'systemd'),
    owner('usocket', 'systemd|relay'),
    owner('better-sqlite3', 'store'),
    owner('execa', 'oci|storage|journal'),
    owner('pino|systemd-journald', 'log'),
  ],
};
