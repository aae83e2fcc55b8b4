/** How well a model does, in words. */
import type {Accuracy, ModelRow} from '../../models/zoo';

const line = ({metric, percent, on}: Accuracy) => `${metric} ${percent.toFixed(1)} % on ${on}`;

/** A phrase for what its authors report, one for what was measured; none where nothing is known. */
export function accuracyOf({reported, measured}: Pick<ModelRow, 'reported' | 'measured'>): string[] {
  return [
    ...(reported.length > 0 ? [`${reported.map(line).join(', ')}, reported by its authors`] : []),
    ...(measured.length > 0 ? [`${measured.map(line).join(', ')}, measured with this package`] : []),
  ];
}
