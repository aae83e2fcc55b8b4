/** From a video or clips of it to labels. Exports only. */
export {type Recognition, type RecognizeOptions, recognize, type Views} from './recognize';
