// Writes what Node.js runs of a project with TypeScript below /tmp/built. Runs in the sandbox.
function build(request) {
  if (!request.build) return { base: "/project", said: "" };
  const base = "/tmp/built";
  mkdirSync(base, { recursive: true });
  const compiler = spawnSync(
    process.execPath,
    ["/project/node_modules/typescript/bin/tsc", "--project", "/project/tsconfig.build.json", "--outDir", base,
      "--rootDir", "/project", "--pretty", "false"],
    { cwd: "/project", encoding: "utf8", maxBuffer: 1 << 24 },
  );
  const compiled = /\.(ts|mts|cts|tsx)$/;
  let workspaces = [];
  try {
    workspaces = [JSON.parse(readFileSync("/project/package.json", "utf8")).workspaces ?? []].flat();
  } catch {
    // A manifest that cannot be read has no members; the compiler tells of it.
  }
  // Folders of that name elsewhere are data of tests.
  const installed = new Set(workspaces.map((member) => `/project/${member}/node_modules`));
  for (const place of ["src", "packages", "test", "tests", "package.json"]) {
    if (!existsSync(`/project/${place}`)) continue;
    cpSync(`/project/${place}`, `${base}/${place}`, {
      recursive: true,
      filter: (path) => !compiled.test(path) && !installed.has(path),
    });
  }
  if (existsSync("/project/node_modules")) symlinkSync("/project/node_modules", `${base}/node_modules`);
  for (const member of request.members) {
    const packages = `/project/${member}/node_modules`;
    if (existsSync(packages) && existsSync(`${base}/${member}`)) symlinkSync(packages, `${base}/${member}/node_modules`);
  }
  return { base, said: compiler.status === 0 ? "" : String(compiler.stdout ?? compiler.error).slice(0, 600) };
}
