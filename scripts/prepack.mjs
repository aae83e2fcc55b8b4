/** What npm runs before it packs or publishes: a bare clone has no dist/, and `npm run demo` builds one without type declarations. */
import {buildToPack, ensurePackages} from './setup.mjs';

process.exitCode = ensurePackages() && buildToPack() ? 0 : 1;
