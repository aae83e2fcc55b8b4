/** ir-CSN against the authors' code: video with STS on and off, and images. */
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork} from './golden_networks';
import {describeStsSizes} from './sts_sizes';

await describeGoldenNetwork(videoNetworks.ircsn_r50);
await describeGoldenNetwork(imageNetworks.ircsn_r50);

describeStsSizes('ircsn_tiny', 29);
