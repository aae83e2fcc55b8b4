/**
 * Pilots, in which the task is chosen: an image stage and the plain arm alone, with seeds and test clips of their own. No other arm can be
 * run here.
 */
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {appendLine, readLines} from './journal.mjs';
import {prepare, progress} from './prepare.mjs';
import {protocolDigest} from './protocol.mjs';

/** Changes are laid over the protocol, object by object: `{"task": {"drift": 0.5}}`. */
export async function pilot({protocol, forms, directory, tiny}, [name, changes = '{}']) {
  const changed = laidOver({...protocol, firstSeeds: {image: 100, video: 200}}, JSON.parse(changes));
  changed.task = {...changed.task, testSeed: 1, testClips: 1000};
  const {machine, task} = await prepare({protocol: changed, directory, tiny});
  const {forget, hasCheckpoint, makeRun} = await import('./runs.mjs');
  const table = tiny
    ? join(directory, 'pilots.jsonl')
    : fileURLToPath(new URL('pilots.jsonl', import.meta.url));
  for (const form of forms) {
    const imageName = `pilot-${imageStageDigest(changed, form)}`;
    const place = join(directory, imageName);
    const image = {kind: 'image', id: `${name}-image`, form, checkpoint: 0, imageSeed: 100};
    let imageLine = readLines(join(place, 'image.jsonl'))[0];
    if (imageLine === undefined || !hasCheckpoint(place, image)) {
      imageLine = await makeRun(image, {
        protocol: changed,
        task,
        directory: place,
        onProgress: progress(image.id),
      });
      forget(image, {directory: place});
      appendLine(join(place, 'image.jsonl'), imageLine);
      console.log(`image: accuracy ${imageLine.accuracy.toFixed(3)}, ${imageLine.seconds} s`);
    }
    const video = {
      kind: 'video',
      id: `${name}-${form}`,
      form,
      checkpoint: 0,
      arm: 'image-plain',
      seed: 0,
      videoSeed: 200,
    };
    const context = {
      ...{protocol: changed, task, directory: place, onProgress: progress(video.id)},
      checkpointDigests: new Map([[`${form}-c0`, imageLine.checkpointDigest]]),
    };
    const figures = await makeRun(video, context);
    forget(video, {directory: place});
    const {image: imageStage, video: videoStage} = changed;
    appendLine(table, {
      name,
      form,
      ...figures,
      changes: JSON.parse(changes),
      imageStage,
      videoStage,
      task: changed.task,
      ...machine,
    });
    console.log(
      `${name} ${form}: joint ${figures.joint.toFixed(3)}, motion ${figures.motion.toFixed(3)}, thing ${figures.thing.toFixed(3)}, train ${figures.accuracy.toFixed(3)}, ${figures.seconds} s`,
    );
  }
}

/** What of the task single pictures do not depend on. */
const OF_CLIPS = ['frames', 'speeds', 'drift', 'testSeed', 'testClips'];

/** Pilots whose image stages are the same share one. */
function imageStageDigest({forms, task, image}, form) {
  const pictures = Object.fromEntries(Object.entries(task).filter(([key]) => !OF_CLIPS.includes(key)));
  return protocolDigest({form: forms[form], pictures, image});
}

function laidOver(value, changes) {
  const isObject = (thing) => typeof thing === 'object' && thing !== null && !Array.isArray(thing);
  if (!isObject(value) || !isObject(changes)) return changes;
  const unknown = Object.keys(changes).find((key) => !Object.hasOwn(value, key));
  if (unknown !== undefined)
    throw new Error(`The protocol has no ${unknown} here, but ${Object.keys(value).join(', ')}.`);
  const entries = Object.entries(changes).map(([key, change]) => [key, laidOver(value[key], change)]);
  return {...value, ...Object.fromEntries(entries)};
}
