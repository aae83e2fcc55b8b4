/** Where the shots of a film begin and end. Exports only. */
export {type DetectShotsOptions, detectShots, type FilmProgress} from './detect_shots';
export type {ShotModel, ShotNetwork} from './network';
export type {Shot, ShotTransition} from './shot';
