/** `npm run build`: dist/ with the declarations for both kinds of module. They take more packages than `npm run demo` installs. */
import {build, ensurePackages} from './setup.mjs';

process.exitCode = ensurePackages() && build() ? 0 : 1;
