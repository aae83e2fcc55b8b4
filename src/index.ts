/** Entry "tfjs-sts": the portable API. Contains no kernel and no backend. */

export {FormatError, InvalidArgumentError, StsError, UnavailableError} from './util/errors';
