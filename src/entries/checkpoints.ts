/** Entry "tfjs-sts/checkpoints": weight files in and out, their names, and what of them fits a model. No effect on import. */
export * from '../models/checkpoints';
export type {FillElements} from '../models/checkpoints/checkpoint';
