/**
 * A route handler as in Next: the file of a video comes in by POST, labels go out as JSON. Below Next this file is
 * app/api/predict/route.js; server.mjs calls it from a plain Node server.
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import {ffmpegSource} from 'tfjs-sts/node';
import {readClip, recognize} from 'tfjs-sts/video';
import {loadModel} from 'tfjs-sts/zoo';
import {packageRoot} from './backend.mjs';

/** Started by the first request, shared by all. */
let starting;
async function start() {
  await tf.setBackend('wasm');
  const {model, info} = await loadModel('efficientnet_lite0_sts', {packageRoot});
  return {frozen: sts.freeze(model), info};
}

export async function POST(request) {
  starting ??= start();
  const {frozen, info} = await starting;
  const folder = await mkdtemp(join(tmpdir(), 'video-'));
  try {
    const path = join(folder, 'video');
    await writeFile(path, new Uint8Array(await request.arrayBuffer()));
    const source = await ffmpegSource(path, {size: info.size});
    const clip = await readClip(source, info);
    await source.close();
    const answers = await recognize(frozen, clip, {labels: info.labels, top: 3});
    clip.dispose();
    return Response.json(answers);
  } catch (error) {
    if (error instanceof sts.StsError) return Response.json({error: error.message}, {status: 400});
    throw error;
  } finally {
    await rm(folder, {recursive: true});
  }
}
