/**
 * A page that names what a video shows. Vite gives the .wasm files of the backend and the files of the model addresses of
 * their own; all of them come from the installed packages.
 */
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import weights from 'tfjs-sts/models/efficientnet_lite0.safetensors?url';
import labels from 'tfjs-sts/models/imagenet1k_labels.json?url';
import {framesSource, readClip, recognize} from 'tfjs-sts/video';
import {loadModel} from 'tfjs-sts/zoo';
import 'tfjs-sts/wasm';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threads,
});
const loading = load();

/** Begins with the page; whoever needs the model waits for it. */
async function load() {
  await tf.setBackend('wasm');
  return loadModel('efficientnet_lite0_sts', {
    packageFiles: {
      'models/efficientnet_lite0.safetensors': weights,
      'models/imagenet1k_labels.json': labels,
    },
  });
}

/** `count` frames, spread over the video. */
async function framesOf(file, count) {
  const video = document.createElement('video');
  const arrives = (event) => new Promise((done) => video.addEventListener(event, done, {once: true}));
  video.muted = true;
  video.src = URL.createObjectURL(file);
  await arrives('loadeddata');
  const {videoWidth: width, videoHeight: height, duration} = video;
  const canvas = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
  const frames = [];
  for (let i = 0; i < count; i++) {
    video.currentTime = ((i + 0.5) / count) * duration;
    await arrives('seeked');
    canvas.drawImage(video, 0, 0);
    const {data} = canvas.getImageData(0, 0, width, height);
    // Without the fourth value of each pixel, which says how opaque it is.
    frames.push({data: data.filter((_, k) => k % 4 < 3), width, height});
  }
  URL.revokeObjectURL(video.src);
  return frames;
}

document.querySelector('#video').addEventListener('change', async ({target}) => {
  const {model, info} = await loading;
  const source = framesSource(await framesOf(target.files[0], info.frames));
  const clip = await readClip(source, info);
  const answers = await recognize(model, clip, {labels: info.labels});
  clip.dispose();
  document.querySelector('#result').textContent = answers
    .map(({label, probability}) => `${probability.toFixed(3)} ${label}`)
    .join('\n');
});
