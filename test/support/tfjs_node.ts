/** tfjs-node with the kernels of this package, for tests. A file of its own, so that no page asks for it. */
import '../../src/entries/node';
import '@tensorflow/tfjs-node';
