/** From a video or clips of it to labels. Exports only. */
export {likeliest, probabilityRows, type Recognition} from './answers';
export {type RecognizeOptions, recognize, type Views} from './recognize';
