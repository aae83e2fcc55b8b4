/**
 * Names that no checkpoint has an honest reason to contain. Safety does not rest on this list, since nothing outside
 * the allow-list is ever called; it is here so that a hostile file is refused as such instead of half understood.
 */
import type {GlobalRef} from './pickle_values';

/** Modules whose only use inside a data file is to run code. Naming them at all gives the file away. */
const HOSTILE_MODULES: ReadonlySet<string> = new Set(
  `os posix nt sys subprocess builtins __builtin__ importlib runpy shutil socket ctypes pty code codeop commands
   platform webbrowser pickle _pickle marshal types operator _operator functools inspect ast dis pdb bdb timeit
   cProfile profile trace multiprocessing threading asyncio signal tempfile urllib requests httplib ftplib smtplib
   http pip setuptools`.split(/\s+/),
);

/** Names of those modules that honest files use, as types. */
const HARMLESS_BUILTINS: ReadonlySet<string> = new Set(
  'object dict list tuple set frozenset int float complex str bytes bytearray bool slice range NoneType'.split(
    ' ',
  ),
);

/** Whether naming this global is enough to refuse the file. */
export function isHostile({module, name}: GlobalRef): boolean {
  const root = module.split('.')[0]!;
  if (!HOSTILE_MODULES.has(root)) return false;
  return !((root === 'builtins' || root === '__builtin__') && HARMLESS_BUILTINS.has(name));
}
