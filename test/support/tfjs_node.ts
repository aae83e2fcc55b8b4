/** tfjs-node for tests. A file of its own, so that no page asks for it. */
import '@tensorflow/tfjs-node';
