/** The command `list`: every model and network is there, and whether weights ship agrees with the files in models/. */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {listModels} from '../../src/models/zoo';
import {listNetworks} from '../../src/networks';
import {box} from './fake';

async function list(...args: string[]) {
  const {io, written} = box();
  return {code: await main(['list', ...args], io), ...written};
}

describe('list', () => {
  it('names every model and network, with what it is', async () => {
    const {code, out, err} = await list();
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    for (const {name, description} of [...listModels(), ...listNetworks()]) {
      const own = lines.filter((line) => line.startsWith(`  ${name} `));
      expect(own.some((line) => line.endsWith(`  ${description}`))).toBe(true);
    }
  });

  it('says which networks have weights that ship', async () => {
    const {networks, models} = JSON.parse((await list('--json')).out);
    expect(models).toEqual(listModels());
    const shipped = listModels().filter(({weights}) => weights.from === 'package');
    const shipping = networks.filter((network: {models: string[]}) => network.models.length > 0);
    expect(shipping.map(({name}: {name: string}) => name).sort()).toEqual(
      [...new Set(shipped.flatMap(({network}) => network ?? []))].sort(),
    );
    for (const {weights} of shipped) {
      const path = weights.from === 'package' ? weights.path : '';
      expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
    }
    const {out} = await list();
    expect(out).toMatch(/^models whose file is yours to bring/m);
    expect(out).toMatch(
      /^ {2}slowfast_r50_8x8_sts\.k400_e100 +top-1 77\.9 +SlowFast50-8x8 on Kinetics-400: 32 frames 2 apart/m,
    );
    expect(out).toMatch(/^ {2}efficientnet_lite0\.in1k +9\.6 MB +top-1 75\.1 +ImageNet classes/m);
    expect(out).toMatch(
      /^ {2}camera_movement\.drawn +0\.4 MB +top-1 87\.6 \(measured\) +What the camera does/m,
    );
    expect(out).toMatch(/^ {2}slowfast_r50_8x8_sts +- +32 x \d+ x \d+ /m);
    expect(out).toMatch(/^ {2}efficientnet_lite0_sts +shipped +8 x 224 x 224 /m);
  });

  it('refuses a name, and shows its help', async () => {
    expect(await list('x3d_s')).toEqual({
      code: 1,
      out: '',
      err: "tfjs-sts: list takes no name, got 'x3d_s'; tfjs-sts info NAME tells of one network\n",
    });
    expect((await list('--help')).out).toMatch(/usage: tfjs-sts list/);
  });
});
