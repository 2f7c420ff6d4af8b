// Prints the import edges between the files of a folder as dependency-cruiser sees them, as JSON.
//
// Usage: node dependency_cruiser.mjs TOOL_FOLDER FOLDER
//
// TOOL_FOLDER is where `npm install dependency-cruiser@18.7.2 typescript@5.9.3` was run; the script lies elsewhere, so it imports the tool
// by path. Runs on Node.js 20 and later (the tool's own command line wants 22).
//
// Settings: types are followed (`tsPreCompilationDeps: true`), JSDoc types too (`detectJSDocImports: true`), every module system, nothing
// in `node_modules`, the `tsconfig.json` of the folder if it has one.
//
// Output: {"files": [path], "edges": [{"from", "to", "specifier", "typeOnly", "kinds": [..]}], "unresolved": [{"from", "specifier"}]}
// with paths relative to FOLDER, sorted.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [toolFolder, folder] = process.argv.slice(2).map((path) => resolve(path));
const load = (path) => import(pathToFileURL(join(toolFolder, "node_modules", path)).href);
const { cruise } = await load("dependency-cruiser/src/main/index.mjs");

const options = {
  baseDir: folder,
  doNotFollow: { path: "(^|/)node_modules/" },
  exclude: { path: "(^|/)node_modules/" },
  moduleSystems: ["amd", "cjs", "es6", "tsd"],
  tsPreCompilationDeps: true,
  detectJSDocImports: true,
};
const configuration = join(folder, "tsconfig.json");
let parsedConfiguration;
if (existsSync(configuration)) {
  options.tsConfig = { fileName: configuration };
  const { default: extractTSConfig } = await load("dependency-cruiser/src/config-utl/extract-ts-config.mjs");
  try {
    parsedConfiguration = extractTSConfig(configuration);
  } catch {
    delete options.tsConfig;
  }
}
const resolveOptions = {
  exportsFields: ["exports"],
  conditionNames: ["import", "module", "node", "default"],
  mainFields: ["module", "main"],
};
const { output } = await cruise(["."], options, resolveOptions, { tsConfig: parsedConfiguration });

const edges = [];
const unresolved = [];
for (const module of output.modules) {
  for (const dependency of module.dependencies) {
    if (dependency.couldNotResolve) {
      unresolved.push({ from: module.source, specifier: dependency.module });
      continue;
    }
    if (dependency.coreModule || dependency.dependencyTypes.includes("npm")) {
      continue;
    }
    edges.push({
      from: module.source,
      to: dependency.resolved,
      specifier: dependency.module,
      typeOnly: dependency.typeOnly ?? dependency.dependencyTypes.includes("type-only"),
      kinds: dependency.dependencyTypes,
    });
  }
}
const files = output.modules
  .filter((module) => !module.coreModule && !module.couldNotResolve && module.followable !== false)
  .map((module) => module.source)
  .sort();
const byPlace = (one, other) =>
  one.from < other.from ? -1 : one.from > other.from ? 1 : (one.to ?? "") < (other.to ?? "") ? -1 : 1;
process.stdout.write(`${JSON.stringify({ files, edges: edges.sort(byPlace), unresolved: unresolved.sort(byPlace) })}\n`);
