/**
 * The import table: which folder of src/ may import which other, and which packages. Fails on any other arrow, on
 * cycles and on deep imports into tfjs packages. `node scripts/import_table.mjs [ROOT]`, exit code 1 on a violation.
 * docs/architecture.md explains the reasons; this file is what counts.
 */
import {realpathSync} from 'node:fs';
import {cruise} from 'dependency-cruiser';

const core = '@tensorflow/tfjs-core';
const layers = '@tensorflow/tfjs-layers';
const anyBackend = /^@tensorflow\/tfjs-(backend-\w+|node)$/;

/**
 * Per folder: `ours` are the folders of src/ that it may import besides itself, `packages` the
 * packages that it may import, `types` the packages that it may import with `import type` alone, `ownBackend` whether
 * kernels/X may ask for its backend with `import()`, `node` whether it may use Node's own modules. A folder with several backends inside (kernels) is divided below.
 */
const table = {
  util: {ours: [], packages: ['fastest-levenshtein']},
  geometry: {ours: ['util'], packages: [], types: [core]},
  ops: {ours: ['geometry', 'util'], packages: [core]},
  kernels: {
    ours: ['geometry', 'util'],
    packages: [core],
    types: [anyBackend],
    ownBackend: true,
  },
  layers: {ours: ['ops', 'geometry', 'util'], packages: [core, layers]},
  networks: {ours: ['layers', 'util'], packages: [core, layers]},
  'models/checkpoints': {ours: ['util'], packages: [core], types: [layers]},
  'models/onnx': {ours: ['geometry', 'util'], packages: [core], types: [layers]},
  'models/inflate': {ours: ['models/checkpoints', 'geometry', 'util'], packages: [core], types: [layers]},
  files: {ours: ['util'], packages: [], node: true},
  'models/zoo': {
    ours: ['networks', 'layers', 'models/checkpoints', 'models/inflate', 'files', 'util'],
    packages: [core, layers],
    node: true,
  },
  'models/convert': {
    ours: ['models/zoo', 'networks', 'models/checkpoints', 'models/inflate', 'files', 'util'],
    packages: [],
    types: [layers],
  },
  'video/clips': {ours: ['util'], packages: [core], types: [layers], node: true},
  'inference/freeze': {ours: ['layers', 'ops', 'geometry', 'util'], packages: [core, layers]},
  'inference/frozen_files': {
    ours: ['inference/freeze', 'models/checkpoints', 'files', 'util'],
    packages: [core],
  },
  'inference/slabs': {
    ours: ['inference/freeze', 'layers', 'ops', 'geometry', 'util'],
    packages: [core, layers],
  },
  'video/recognize': {
    ours: ['inference/freeze', 'layers', 'video/clips', 'util'],
    packages: [core],
    types: [layers],
  },
  'video/shots': {
    ours: ['inference/freeze', 'layers', 'video/clips', 'util'],
    packages: [core],
    types: [layers],
  },
  'video/timeline': {
    ours: ['video/shots', 'video/recognize', 'inference/freeze', 'layers', 'video/clips', 'util'],
    packages: [core, layers],
  },
  'train/augment': {ours: ['video/clips', 'util'], packages: []},
  'train/batches': {ours: ['train/augment', 'video/clips', 'util'], packages: [core], types: [layers]},
  'train/data': {
    ours: ['train/batches', 'train/augment', 'video/clips', 'files', 'util'],
    packages: [core],
    node: true,
  },
  'train/optimization': {ours: ['ops', 'geometry', 'util'], packages: [core, layers]},
  'train/recipes': {ours: ['train/batches', 'train/augment', 'train/optimization', 'util'], packages: []},
  'train/evaluation': {
    ours: ['train/batches', 'train/optimization', 'layers', 'video/clips', 'util'],
    packages: [core],
    types: [layers],
  },
  'train/run_files': {
    ours: ['train/evaluation', 'train/recipes', 'models/checkpoints', 'files', 'util'],
    packages: [core],
  },
  'train/report': {ours: ['train/run_files', 'train/evaluation', 'train/recipes', 'util'], packages: []},
  'train/loop': {
    ours: [
      'train/report',
      'train/run_files',
      'train/evaluation',
      'train/recipes',
      'train/optimization',
      'train/batches',
      'models/checkpoints',
      'layers',
      'ops',
      'geometry',
      'util',
    ],
    packages: [core, layers],
  },
  'train/teach': {
    ours: [
      'train/loop',
      'train/recipes',
      'train/batches',
      'train/augment',
      'inference/freeze',
      'layers',
      'util',
    ],
    packages: [core, layers],
  },
};

// The two on top see everything below. Entries are one file for each entry of the package.
const below = Object.keys(table);
table.entries = {ours: below, packages: [core, layers], types: [anyBackend], node: true};
table.cli = {ours: [...below, 'entries'], packages: [core, layers, anyBackend], node: true};

/** Dependency types of Node's own modules in dependency-cruiser's words. */
const nodeModule = 'core';

/** Folders of src/ that only hold others, which have the rows: models/zoo, video/clips. */
const groups = new Set(Object.keys(table).flatMap((row) => (row.includes('/') ? [row.split('/')[0]] : [])));

/** `src/ops/grads/x.ts` -> `ops`, `src/models/zoo/load.ts` -> `models/zoo`; outside src/ -> undefined. */
function folderOf(path) {
  const [root, folder, room] = path.split('/');
  if (root !== 'src') return undefined;
  return groups.has(folder) ? `${folder}/${room}` : folder;
}

/** `src/kernels/cpu/x.ts` -> `cpu`; undefined for files directly in kernels/ and for the other folders. */
function backendOf(path) {
  const match = /^src\/kernels\/([^/]+)\//.exec(path);
  return match?.[1];
}

/** The subfolders of kernels/wasm, from the bottom up: one imports those of lower levels alone. */
const wasmLevels = [
  ['module', 'memory'],
  ['plan', 'threads'],
  ['runtime'],
  ['convolution', 'copies', 'elementwise', 'reductions'],
];

/** `src/kernels/wasm/plan/x.ts` -> its name and level; undefined for other files. */
function subfolderOf(path) {
  const name = /^src\/kernels\/wasm\/([^/]+)\//.exec(path)?.[1];
  return name && {name, level: wasmLevels.findIndex((names) => names.includes(name))};
}

function isListed(name, patterns = []) {
  return patterns.some((pattern) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)));
}

/** The reason why `from` may not import `dependency`, or undefined if it may. */
function objection(from, dependency) {
  const folder = folderOf(from);
  const row = table[folder];
  if (row === undefined) return `src/${folder} has no row in the table`;
  const byTable = objectionByTable(from, folder, row, dependency);
  return byTable ?? (dependency.circular ? 'it closes a cycle' : undefined);
}

function objectionByTable(from, folder, row, dependency) {
  if (dependency.dependencyTypes.includes(nodeModule)) {
    return row.node ? undefined : `${folder} may not use Node's own modules`;
  }
  if (dependency.module.startsWith('.')) return objectionToOurs(from, folder, row, dependency);
  return objectionToPackage(from, folder, row, dependency);
}

function objectionToOurs(from, folder, row, {resolved, couldNotResolve}) {
  if (couldNotResolve) return 'there is no such file';
  const target = folderOf(resolved);
  if (target === undefined) return 'it lies outside src/';
  if (folder === target) {
    const [own, other] = [backendOf(from), backendOf(resolved)];
    if (own !== undefined && other !== undefined && own !== other)
      return `kernels/${own} may not import kernels/${other}`;
    const [room, below] = [subfolderOf(from), subfolderOf(resolved)];
    if (room && below && room.name !== below.name && below.level >= room.level)
      return `kernels/wasm/${room.name} may not import kernels/wasm/${below.name}`;
    return undefined;
  }
  return row.ours.includes(target) ? undefined : `${folder} may not import ${target}`;
}

function objectionToPackage(from, folder, row, {module, dependencyTypes, dynamic}) {
  const name = module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
  if (name.startsWith('@tensorflow/') && module !== name)
    return 'deep imports into tfjs packages load a second copy';
  if (isListed(name, row.packages)) return undefined;
  if (row.ownBackend && dynamic && name === `@tensorflow/tfjs-backend-${backendOf(from)}`) return undefined;
  if (!isListed(name, row.types)) return `${folder} may not import ${name}`;
  return dependencyTypes.includes('type-only')
    ? undefined
    : `${folder} may import ${name} by \`import type\` only`;
}

async function violations(root) {
  const options = {
    baseDir: root,
    doNotFollow: {path: 'node_modules'},
    // Type-only imports are arrows too; `specify` tells them apart.
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {extensions: ['.ts', '.js', '.json']},
  };
  const tsConfig = {compilerOptions: {moduleResolution: 'Bundler', module: 'ESNext', target: 'ES2022'}};
  const {output} = await cruise(['src'], options, undefined, {tsConfig});
  const modules = output.modules.filter(({source}) => source.startsWith('src/'));
  const found = modules.flatMap(({source, dependencies}) =>
    dependencies.map((dependency) => ({
      from: source,
      to: `${dependency.protocol ?? ''}${dependency.module}`,
      why: objection(source, dependency),
    })),
  );
  return {
    files: modules.length,
    arrows: found.length,
    violations: found.filter(({why}) => why !== undefined),
  };
}

const root = realpathSync(process.argv[2] ?? '.');
const result = await violations(root);
for (const {from, to, why} of result.violations) console.error(`${from} -> ${to}: ${why}`);
console.log(
  `import table: ${result.files} files, ${result.arrows} imports, ${result.violations.length} forbidden`,
);
process.exitCode = result.violations.length === 0 ? 0 : 1;
