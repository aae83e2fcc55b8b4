/**
 * Who runs in a race, and how each is started. A rival is a process of its own: its threads and its memory are its own.
 * `takes` says which cases it runs, `missing` why it cannot run here.
 */
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const player = (name) => fileURLToPath(new URL(`players/${name}`, import.meta.url));

/** A program that can import torch and onnx: PYTHON names another than python3. */
const python = process.env.PYTHON ?? 'python3';

const NODE = [process.execPath, ...process.execArgv];
const TFJS = [...NODE, player('tfjs.mjs')];
const ONNX_RUNTIME = [...NODE, player('onnxruntime.mjs')];
const TORCH = [python, player('torch_onnx.py')];

/** @param options what the player reads; `takes` and `missing` stay here */
function rival(name, threads, command, {takes = () => true, missing = () => undefined, ...options} = {}) {
  return {
    name: threads > 1 ? `${name}, ${threads} threads` : name,
    threads,
    command,
    takes,
    missing,
    options,
  };
}

const isNetwork = ({network}) => network !== undefined;
const isOp = (given) => !isNetwork(given);
/** Stock TensorFlow.js has no depthwise conv3d, and takes minutes for a network. */
const isStock = (given) => isOp(given) && !given.depthwise;

let torchMissing;
function missingTorch() {
  if (torchMissing === undefined) {
    const {status, stderr, error} = spawnSync(python, ['-c', 'import torch, onnx'], {encoding: 'utf8'});
    const reason = error?.message ?? stderr?.trim().split('\n').at(-1);
    torchMissing = status === 0 ? '' : `${python} cannot import torch and onnx: ${reason}`;
  }
  return torchMissing || undefined;
}

/** Whether libtensorflow is there says a start of it: its native half is installed apart. */
let tensorflowMissing;
function missingTensorflow() {
  if (tensorflowMissing === undefined) {
    const program = "await import('tfjs-sts/node'); await import('@tensorflow/tfjs-node')";
    const options = {encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url))};
    const {status} = spawnSync(process.execPath, ['--input-type=module', '-e', program], options);
    tensorflowMissing = status === 0 ? '' : 'tfjs-node does not start: node scripts/install_tfjs_node.mjs';
  }
  return tensorflowMissing || undefined;
}

/** Frozen, since single ops and predict of a model are timed on wasm. */
const ON_TENSORFLOW = {
  backend: 'tensorflow',
  frozen: true,
  takes: isNetwork,
  missing: missingTensorflow,
};

/** In the order of their turns. */
export const rivals = [
  rival('tfjs-sts', 1, TFJS, {kernels: true}),
  rival('tfjs-sts', 2, TFJS, {kernels: true}),
  rival('tfjs-sts frozen', 1, TFJS, {kernels: true, frozen: true, takes: isNetwork}),
  rival('tfjs-sts frozen', 2, TFJS, {kernels: true, frozen: true, takes: isNetwork}),
  rival('tfjs-sts from array to array', 1, TFJS, {kernels: true, fromArray: true, takes: isOp}),
  rival('tfjs-sts on tensorflow', 1, TFJS, ON_TENSORFLOW),
  rival('tfjs-sts on tensorflow', 2, TFJS, ON_TENSORFLOW),
  rival('onnxruntime-web', 1, ONNX_RUNTIME, {package: 'onnxruntime-web'}),
  rival('onnxruntime-web', 2, ONNX_RUNTIME, {package: 'onnxruntime-web'}),
  rival('conv2d on views', 1, TFJS),
  rival('stock tfjs', 1, TFJS, {stock: true, takes: isStock}),
  rival('onnxruntime-node', 1, ONNX_RUNTIME, {package: 'onnxruntime-node'}),
  rival('onnxruntime-node', 2, ONNX_RUNTIME, {package: 'onnxruntime-node'}),
  rival('PyTorch', 1, TORCH, {missing: missingTorch}),
  rival('PyTorch', 2, TORCH, {missing: missingTorch}),
];
