/** Where the shots of a film begin and end. Exports only. */
export {type DetectShotsOptions, detectShots} from './detect_shots';
export {FilmClock, type FilmProgress} from './film_clock';
export {type PlacedFrame, ShotFinder, type ShotOptions} from './finder';
export type {ShotModel, ShotNetwork} from './network';
export type {Shot, ShotTransition} from './shot';
