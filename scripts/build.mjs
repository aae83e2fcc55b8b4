/** `npm run build`: dist/ with the declarations for both kinds of module. */
import {build} from './setup.mjs';

process.exitCode = build() ? 0 : 1;
