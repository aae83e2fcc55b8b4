/** Which types the declarations of an entry mention although nobody can import them from it, by any name. */
import {dirname, join} from 'node:path';
import ts from 'typescript';

/** Every symbol that a module exports, those of its namespaces too. */
function exportsOf(checker: ts.TypeChecker, module: ts.Symbol, found = new Set<ts.Symbol>()): Set<ts.Symbol> {
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = original(checker, exported);
    if (found.has(symbol)) continue;
    found.add(symbol);
    for (const declaration of symbol.declarations ?? []) {
      // `type A = B` makes B known, as A.
      if (ts.isTypeAliasDeclaration(declaration) && ts.isTypeReferenceNode(declaration.type)) {
        const same = checker.getSymbolAtLocation(declaration.type.typeName);
        if (same !== undefined) found.add(original(checker, same));
      }
    }
    if (symbol.flags & ts.SymbolFlags.Module) exportsOf(checker, symbol, found);
  }
  return found;
}

function original(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The names that a declaration mentions as types, outside its private members; for a base, the names in that. */
function* typeNames(checker: ts.TypeChecker, node: ts.Node): Generator<ts.Node> {
  if (ts.canHaveModifiers(node)) {
    const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
    if (ts.getModifiers(node)?.some(({kind}) => hidden.includes(kind))) return;
  }
  if (ts.isTypeReferenceNode(node)) yield node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) {
    const base = checker.getSymbolAtLocation(node.expression);
    const declarations = base === undefined ? [] : (original(checker, base).declarations ?? []);
    for (const declaration of declarations) yield* typeNames(checker, declaration);
    return;
  }
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* typeNames(checker, child);
}

/** A program of the files and what they import by relative path: packages do not matter here, and parsing them takes seconds. */
function createProgram(files: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = {module: ts.ModuleKind.ESNext, noLib: true, types: []};
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (names, importer) =>
    names.map(({text}) => {
      const file = join(dirname(importer), text.replace(/\.js$/, '.d.ts'));
      const resolvedModule = {resolvedFileName: file, extension: ts.Extension.Dts};
      return {resolvedModule: text.startsWith('.') ? resolvedModule : undefined};
    });
  return ts.createProgram(files, options, host);
}

/**
 * `FILE: NAME mentions TYPE`, for every type of the package itself that an export of the file mentions and the file does not
 * export.
 *
 * @param files the declarations of the entries, in one folder
 */
export function unnamedTypes(folder: string, files: readonly string[]): string[] {
  const paths = files.map((file) => join(folder, file));
  const program = createProgram(paths);
  const checker = program.getTypeChecker();
  const missing = new Set<string>();
  for (const [i, path] of paths.entries()) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!);
    const known = module === undefined ? new Set<ts.Symbol>() : exportsOf(checker, module);
    for (const symbol of known) {
      for (const declaration of symbol.declarations ?? []) {
        // A namespace: its members are in `known` themselves.
        if (ts.isSourceFile(declaration) || ts.isModuleDeclaration(declaration)) continue;
        for (const name of typeNames(checker, declaration)) {
          const mentioned = checker.getSymbolAtLocation(name);
          if (mentioned === undefined || mentioned.flags & ts.SymbolFlags.TypeParameter) continue;
          const type = original(checker, mentioned);
          if (type.declarations !== undefined && !known.has(type)) {
            missing.add(`${files[i]}: ${symbol.name} mentions ${type.name}`);
          }
        }
      }
    }
  }
  return [...missing].sort();
}
