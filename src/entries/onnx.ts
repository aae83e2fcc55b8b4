/** Entry "tfjs-sts/onnx": models as ONNX files. No effect on import. */
export * from '../models/onnx';
