/** Entry "tfjs-sts/onnx": models as ONNX files. No effect on import. */
export {type ToOnnxOptions, toOnnx} from '../checkpoints/onnx/to_onnx';
