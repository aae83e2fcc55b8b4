/** Types of tiny.mjs, for the tests. */
import type {Protocol} from './protocol.mjs';

export const tinyProtocol: Protocol;
