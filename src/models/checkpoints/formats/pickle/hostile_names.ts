/**
 * Names that no checkpoint has an honest reason to contain. Safety does not rest on this list, since nothing outside
 * the allow-list is ever called; it is here because whoever meets such a file should not go on and open it in Python.
 */
import type {GlobalRef} from './python_values';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Modules whose only use inside a data file is to run code, to fetch it, or to touch the system. */
const HOSTILE_MODULES = words(
  `os posix nt subprocess commands popen2 pty importlib imp runpy code codeop pickle _pickle cPickle marshal shutil
   socket ctypes _ctypes webbrowser timeit trace profile cProfile pdb bdb tempfile ftplib smtplib httplib pip
   setuptools sys`,
);

/** Plain records of those modules, which the notes of a training program may hold. */
const HARMLESS = words(
  `os.PathLike os.stat_result os.terminal_size os.uname_result nt.stat_result posix.stat_result posix.uname_result
   posix.terminal_size sys.version_info sys.float_info sys.int_info sys.hash_info sys.flags`,
);

/** Python's own functions that run what they are given, open files, or are there for a person at a terminal. */
const HOSTILE_BUILTINS = words(
  '__import__ apply breakpoint compile eval exec execfile exit file help input open quit raw_input reload',
);

/** Whether naming this global is enough to refuse the file. */
export function isHostile({module, name}: GlobalRef): boolean {
  const root = module.split('.')[0]!;
  if (root === 'builtins' || root === '__builtin__') return HOSTILE_BUILTINS.has(name.split('.')[0]!);
  return HOSTILE_MODULES.has(root) && !HARMLESS.has(`${module}.${name}`);
}
