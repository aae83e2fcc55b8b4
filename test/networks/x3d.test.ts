/** X3D against the authors' code: video with STS on and off, and images. */
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork} from './golden_networks';
import {describeStsSizes} from './sts_sizes';

await describeGoldenNetwork(videoNetworks.x3d_s);
await describeGoldenNetwork(imageNetworks.x3d_s);

describeStsSizes('x3d_tiny', 31);
