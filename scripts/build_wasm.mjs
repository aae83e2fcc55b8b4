/**
 * `npm run build:wasm` compiles the WebAssembly module of the wasm kernels from its AssemblyScript sources, in two
 * builds, and writes their bytes to src/kernels/wasm/module/binaries.ts; before that, the classes of its calls from
 * src/kernels/wasm/module/calls. The same sources give the same bytes: test/kernels/wasm/module.test.ts makes both again
 * and compares.
 */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import asc from 'assemblyscript/asc';
import {build} from 'esbuild';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../src/kernels/wasm/module');

/**
 * Memory is the host's: imported, from address 0 and of any size. The stub runtime is a heap that is dropped when
 * nothing allocates. AS112 warns that a vector passes between functions, all of which are ours.
 */
const options = [
  '-O3',
  '--noAssert',
  '--runtime=stub',
  '--importMemory',
  '--noExportMemory',
  '--initialMemory=0',
  '--disableWarning=112',
  '--enable=simd',
];

/** The text of assembly/calls.ts. */
export async function callsSource() {
  const description = {entryPoints: [join(folder, 'calls/index.ts')], bundle: true, format: 'esm'};
  const [{text}] = (await build({...description, write: false})).outputFiles;
  const {CALLS, ...constants} = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const classes = Object.entries(CALLS).map(([name, fields]) => {
    const lines = Object.entries(fields).map(([field, type]) => `  ${field}!: ${type};`);
    return ['@unmanaged', `export class ${name} {`, ...lines, '}'].join('\n');
  });
  const parts = [
    '/** Written by `npm run build:wasm` from ../calls, which says what the fields mean. All of them are four bytes. */',
    ...Object.entries(constants).map(([name, value]) => `export const ${name}: i32 = ${value};`),
    ...classes,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The bytes of a build, `'simd'` or `'relaxedSimd'` (with fused multiply-add). */
export function buildModule(name) {
  const features = name === 'relaxedSimd' ? ['--enable=relaxed-simd'] : [];
  return compile('assembly/index.ts', [...options, ...features]);
}

/** The bytes of a module of this source, as if it were a file of assembly/. For tests. */
export function compileSource(source) {
  const readFile = (name) => {
    if (name === 'assembly/source.ts') return source;
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  };
  return compile('assembly/source.ts', ['--runtime=stub'], {readFile});
}

async function compile(entry, flags, system = {}) {
  let bytes;
  const writeFile = (_file, contents) => {
    bytes = contents;
  };
  const given = [entry, '--outFile=module.wasm', '--baseDir', folder, ...flags];
  const {error, stderr} = await asc.main(given, {...system, writeFile});
  if (error || bytes === undefined) throw new Error(`AssemblyScript: ${error?.message}\n${stderr}`);
  return bytes;
}

/**
 * The text of binaries.ts. In base 16, longer than base 64 but half its size once compressed: a byte is two characters
 * wherever it stands, so that what the builds have in common, nearly all, is found to be the same.
 */
export async function binariesSource() {
  const lines = [];
  for (const name of ['simd', 'relaxedSimd']) {
    const hex = Buffer.from(await buildModule(name)).toString('hex');
    lines.push('', `export const ${name} =`, `  '${hex}';`);
  }
  return [
    '/** Written by `npm run build:wasm` from assembly/: the two builds of the module, base 16. */',
    ...lines,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(folder, 'assembly/calls.ts'), await callsSource());
  writeFileSync(join(folder, 'binaries.ts'), await binariesSource());
}
