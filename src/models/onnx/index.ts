/** Models as ONNX files. Exports only. */
export {type ToOnnxOptions, toOnnx} from './to_onnx';
