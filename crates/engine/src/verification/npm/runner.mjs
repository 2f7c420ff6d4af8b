// Imports every module of a project and tells of each how it went. Runs in the sandbox; what it says is read with suspicion.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const write = writeSync;
const exit = process.exit.bind(process);
const { stringify } = JSON;
const request = JSON.parse(readFileSync(0, "utf8"));
const { nonce, files, packages } = request;

function say(line) {
  const text = Buffer.from(`\n${nonce}${stringify(line)}\n`);
  let at = 0;
  while (at < text.length) {
    try {
      at += write(1, text, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

//BUILDING

const built = build(request);
if (built.said !== "") say({ kind: "built", error: built.said });
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});
const all = [
  ...files.map((path) => [path, pathToFileURL(`${built.base}/${path.replace(/\.([mc]?)tsx?$/, ".$1js")}`).href]),
  ...packages.map((name) => [name, name]),
];
for (const [module, reference] of all) {
  say({ kind: "begin", module });
  try {
    await import(reference);
    say({ kind: "imported", module });
  } catch (error) {
    let text = "an error that cannot be told";
    try {
      text = String(error?.stack ?? error).split("\n").slice(0, 2).join(" ").slice(0, 300);
    } catch {}
    say({ kind: "failed", module, error: text });
  }
}
say({ kind: "end" });
exit(0);
