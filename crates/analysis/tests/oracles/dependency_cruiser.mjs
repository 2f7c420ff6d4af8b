// Prints what the files of a folder import as dependency-cruiser sees it, as JSON.
//
// Usage: node dependency_cruiser.mjs TOOL_FOLDER FOLDER
//
// TOOL_FOLDER is where `npm install dependency-cruiser@18.7.2 typescript@5.9.3` was run; the script lies elsewhere, so it imports the tool
// by path. Runs on Node.js 20 and later (the tool's own command line wants 22).
//
// Settings: types are followed (`tsPreCompilationDeps: true`), also in JSDoc (`detectJSDocImports`) and inside `declare module`
// (`detectImportsInAmbientModules`), every module system, `require.resolve` and `module.require` too, nothing in `node_modules`, the
// `tsconfig.json` of the folder if it can be read. The package itself and the members of its workspace are installed, as tests and
// examples have them. The tool resolves all imports of one run in one way, while Node.js and TypeScript resolve them by who asks. So it
// runs once per way (see WAYS), and an import is taken from the run that is meant for it.
//
// Output: {"files": [path], "imports": [{"from", "specifier", "to", "place", "kinds"}]} with paths relative to FOLDER. `place` is "file"
// (then `to` is its path), "builtin" or "nowhere" (also what lies in packages from elsewhere: they are not installed).

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [toolFolder, folder] = process.argv.slice(2).map((path) => resolve(path));
const load = (path) => import(pathToFileURL(join(toolFolder, "node_modules", path)).href);
const { cruise } = await load("dependency-cruiser/src/main/index.mjs");

const JAVASCRIPT = [".js", ".mjs", ".cjs", ".jsx"];
const TYPESCRIPT = [".ts", ".tsx", ".mts", ".cts"];
const ASKED_BY_JAVASCRIPT = [".js", ".mjs", ".cjs", ".jsx", ".json", ".ts", ".tsx", ".d.ts"];
const ASKED_BY_TYPESCRIPT = [".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".json"];
// What TypeScript takes a compiled name for, https://www.typescriptlang.org/docs/handbook/modules/reference.html#file-extension-substitution
const COMPILED = {
  ".ts": [".ts", ".tsx", ".d.ts"],
  ".mts": [".mts", ".d.mts"],
  ".cts": [".cts", ".d.cts"],
  ".js": [".ts", ".tsx", ".d.ts", ".js", ".jsx"],
  ".jsx": [".tsx", ".ts", ".d.ts", ".jsx", ".js"],
  ".mjs": [".mts", ".d.mts", ".mjs"],
  ".cjs": [".cts", ".d.cts", ".cjs"],
};

const isTypeScript = (path) => TYPESCRIPT.some((suffix) => path.endsWith(suffix));
const isDeclaration = (path) => /\.d\.[cm]?ts$/.test(path);
const isRequired = (dependency) => dependency.moduleSystem !== "es6";
const isOfTypes = (path, { dependencyTypes }) =>
  isDeclaration(path) ||
  dependencyTypes.some((type) => ["type-only", "type-import"].includes(type) || type.startsWith("triple-slash"));

const WAYS = [
  {
    // An `import` of JavaScript, as bundlers resolve it.
    files: (path) => !isTypeScript(path),
    imports: (path, dependency) => !isRequired(dependency) && !isOfTypes(path, dependency),
    resolution: {
      conditionNames: ["import", "module", "node", "module-sync", "default"],
      mainFields: ["module", "main"],
      extensions: ASKED_BY_JAVASCRIPT,
    },
  },
  {
    // A `require` of JavaScript.
    files: (path) => !isTypeScript(path),
    imports: (path, dependency) => isRequired(dependency) && !isOfTypes(path, dependency),
    resolution: {
      conditionNames: ["require", "node", "module-sync", "default"],
      mainFields: ["main", "module"],
      extensions: ASKED_BY_JAVASCRIPT,
    },
  },
  {
    // What runs of TypeScript.
    files: isTypeScript,
    imports: (path, dependency) => !isOfTypes(path, dependency),
    resolution: {
      conditionNames: ["import", "module", "node", "module-sync", "default"],
      mainFields: ["module", "main"],
      extensions: ASKED_BY_TYPESCRIPT,
      extensionAlias: COMPILED,
    },
  },
  {
    // Types, in JSDoc too.
    files: () => true,
    imports: isOfTypes,
    resolution: {
      conditionNames: ["types", "import", "node", "module-sync", "default"],
      mainFields: ["types", "typings", "module", "main"],
      extensions: ASKED_BY_TYPESCRIPT,
      extensionAlias: COMPILED,
    },
  },
];

function listed(place) {
  return readdirSync(join(folder, place), { withFileTypes: true }).flatMap((entry) => {
    const path = place === "" ? entry.name : `${place}/${entry.name}`;
    if (entry.isDirectory()) {
      return entry.name === "node_modules" || entry.name === ".git" ? [] : listed(path);
    }
    return entry.isFile() && [...JAVASCRIPT, ...TYPESCRIPT].some((suffix) => path.endsWith(suffix)) ? [path] : [];
  });
}

async function configured(options) {
  const configuration = join(folder, "tsconfig.json");
  if (!existsSync(configuration)) {
    return undefined;
  }
  const { default: extractTSConfig } = await load("dependency-cruiser/src/config-utl/extract-ts-config.mjs");
  try {
    const parsed = extractTSConfig(configuration);
    options.tsConfig = { fileName: configuration };
    return parsed;
  } catch {
    return undefined;
  }
}

function described(from, dependency) {
  const { module, protocol = "" } = dependency;
  const specifier = module.startsWith(protocol) ? module : `${protocol}${module}`;
  const found = { from, specifier, kinds: dependency.dependencyTypes };
  if (dependency.coreModule) {
    return { ...found, place: "builtin" };
  }
  return dependency.couldNotResolve ? { ...found, place: "nowhere" } : { ...found, place: "file", to: dependency.resolved };
}

// Makes a folder in which the package is installed, and the members of its workspace if it is one, as links to where they are.
function withPackages() {
  const installed = mkdtempSync(join(tmpdir(), "installed-"));
  const manifestOf = (place) => JSON.parse(readFileSync(join(folder, place, "package.json"), "utf8").replace(/^\uFEFF/, ""));
  const isWorkspace = existsSync(join(folder, "pnpm-workspace.yaml")) || (hasManifest("") && "workspaces" in manifestOf(""));
  for (const place of isWorkspace ? folders("").filter(hasManifest) : [""].filter(hasManifest)) {
    const { name } = manifestOf(place);
    const link = join(installed, "node_modules", String(name));
    // Other names would lead into a package that is linked already.
    if (/^(@[^/]+\/)?[^@/][^/]*$/.test(name) && !existsSync(link)) {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(folder, place), link);
    }
  }
  return installed;
}

function hasManifest(place) {
  return existsSync(join(folder, place, "package.json"));
}

function folders(place) {
  const entries = readdirSync(join(folder, place), { withFileTypes: true });
  const inner = entries.filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git");
  return [place, ...inner.flatMap((entry) => folders(join(place, entry.name)))];
}

const files = listed("").sort();
const imports = [];
const installed = withPackages();
process.on("exit", () => rmSync(installed, { recursive: true, force: true }));
for (const way of WAYS) {
  const own = files.filter(way.files);
  if (own.length === 0) {
    continue;
  }
  const options = {
    baseDir: folder,
    exclude: { path: "(^|/)node_modules/" },
    moduleSystems: ["amd", "cjs", "es6", "tsd"],
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
    detectImportsInAmbientModules: true,
    exoticRequireStrings: ["require.resolve", "module.require"],
    // The files are listed: none need be followed to others.
    doNotFollow: { path: "." },
  };
  const tsConfig = await configured(options);
  const resolution = {
    ...way.resolution,
    exportsFields: ["exports"],
    importsFields: ["imports"],
    modules: ["node_modules", join(installed, "node_modules")],
  };
  const { output } = await cruise(own, options, resolution, { tsConfig });
  const isOwn = new Set(own);
  for (const module of output.modules.filter((module) => isOwn.has(module.source))) {
    const taken = module.dependencies.filter((dependency) => way.imports(module.source, dependency));
    imports.push(...taken.map((dependency) => described(module.source, dependency)));
  }
}
process.stdout.write(`${JSON.stringify({ files, imports })}\n`);
