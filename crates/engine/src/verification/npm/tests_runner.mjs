// Runs a project's tests, each file or group of files by its own runner, and tells how they ended. Runs in the sandbox.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const request = JSON.parse(readFileSync(0, "utf8"));

function say(line) {
  const text = Buffer.from(`\n${request.nonce}${JSON.stringify(line)}\n`);
  let at = 0;
  while (at < text.length) {
    try {
      at += writeSync(1, text, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

//BUILDING

const { base, said } = build(request);
// Bounds of memory would else refuse the address space that WebAssembly reserves.
const flag = "--disable-wasm-trap-handler";
const nodeOptions = process.allowedNodeEnvironmentFlags.has(flag) ? flag : "";
const environment = { ...process.env, HOME: "/tmp", NODE_OPTIONS: nodeOptions };

function start(cwd, programArguments) {
  const options = { cwd, encoding: "utf8", maxBuffer: 1 << 25, env: environment, timeout: request.seconds * 1000 };
  return spawnSync(process.execPath, programArguments, options);
}

function last(text) {
  return String(text ?? "").trim().split("\n").slice(-3).join(" ").slice(0, 300);
}

function byNode(cwd, file) {
  const run = start(cwd, ["--test", "--test-reporter=tap", `${base}/${file}`]);
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(run.stdout ?? "")?.[1] ?? 0);
  let [passed, failed, skipped] = [count("pass"), count("fail") + count("cancelled"), count("skipped") + count("todo")];
  if (run.status !== 0 && failed === 0) failed = 1;
  const why = failed === 0 ? "" : (/error: (.*)/.exec(run.stdout ?? "")?.[1] ?? last(run.stderr)).slice(0, 300);
  say({ kind: "ran", file, passed, failed, skipped, why });
}

function program(cwd, runner) {
  const places = { mocha: "mocha/bin/mocha.js", jest: "jest/bin/jest.js", vitest: "vitest/package.json" };
  const manifest = createRequire(`${cwd}/`).resolve(`${runner}/package.json`);
  const folder = manifest.slice(0, -"/package.json".length);
  return runner === "vitest" ? `${folder}/vitest.mjs` : `${folder.slice(0, -runner.length)}${places[runner]}`;
}

function json(text) {
  const at = text.indexOf("{");
  return JSON.parse(text.slice(at, text.lastIndexOf("}") + 1));
}

function byRunner(cwd, runner, files) {
  // vitest reads TypeScript itself.
  const top = runner === "vitest" ? "/project" : base;
  const paths = files.map((file) => `${top}/${file}`);
  const options = {
    mocha: ["--no-config", "--no-package", "--reporter", "json", ...paths],
    jest: ["--json", "--cacheDirectory=/tmp/jest", "--rootDir", cwd, "--config", "{}", "--runTestsByPath", ...paths],
    vitest: ["run", "--root", top, "--reporter=json", "--cache=false", ...files],
  };
  const run = start(runner === "vitest" ? top : cwd, [program(cwd, runner), ...options[runner]]);
  try {
    const told = json(run.stdout);
    const stats = told.stats ?? { passes: told.numPassedTests, failures: told.numFailedTests, pending: told.numPendingTests };
    const failed = Math.max(Number(stats.failures), run.status === 0 ? 0 : 1);
    const first = told.failures?.[0]?.fullTitle ?? told.testResults?.find((one) => one.status === "failed")?.message ?? "";
    say({ kind: "ran", file: files.join(" ").slice(0, 200), passed: Number(stats.passes), failed,
      skipped: Number(stats.pending), why: failed === 0 ? "" : String(first).slice(0, 300) });
  } catch {
    say({ kind: "ran", file: files[0], passed: 0, failed: files.length, skipped: 0, why: last(run.stderr) || last(run.stdout) });
  }
}

if (said !== "") say({ kind: "built", error: said });
for (const { cwd, runner, files } of request.groups) {
  const folder = cwd === "" ? base : `${base}/${cwd}`;
  try {
    if (runner === "node") {
      for (const file of files) byNode(folder, file.replace(/\.([mc]?)ts$/, ".$1js"));
    } else {
      byRunner(folder, runner, files);
    }
  } catch (error) {
    say({ kind: "ran", file: files[0], passed: 0, failed: files.length, skipped: 0, why: last(error) });
  }
}
say({ kind: "end" });
