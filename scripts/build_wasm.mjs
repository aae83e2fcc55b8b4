/**
 * `npm run build:wasm` compiles the WebAssembly module of the wasm kernels from its AssemblyScript sources, in two
 * builds, and writes their bytes to src/kernels/wasm/module/binaries.ts. The same sources give the same bytes:
 * test/kernels/wasm/module.test.ts builds again and compares.
 */
import {writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import asc from 'assemblyscript/asc';

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

/** The bytes of a build, `'simd'` or `'relaxedSimd'` (with fused multiply-add). */
export async function buildModule(name) {
  const features = name === 'relaxedSimd' ? ['--enable=relaxed-simd'] : [];
  let bytes;
  const {error, stderr} = await asc.main(
    ['assembly/index.ts', '--outFile=module.wasm', '--baseDir', folder, ...options, ...features],
    {
      writeFile: (_file, contents) => {
        bytes = contents;
      },
    },
  );
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
  writeFileSync(join(folder, 'binaries.ts'), await binariesSource());
}
