/** The recipes of the paper. */
export {finetuneKinetics, finetuneSomething, imagePretraining, type RecipeOverrides} from './paper';
