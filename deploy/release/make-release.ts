/**
 * `npm run release`: a folder that runs on a Linux machine where nothing is installed, with its own
 * Node.js, the built console and only the packages that the broker imports; beside it the archive,
 * checksums of every file, and the bill of materials.
 *
 *     dist/release/sallyport-<version>-<os>-<cpu>/
 *         bin/sallyport  node/  broker/  protocols/  simulators/  deploy/  dist/console/
 *         node_modules/  configuration.md  sbom.cdx.json  SHA256SUMS
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { settingsMarkdown } from "../../broker/cli/security-report.ts";
import { buildConsole, needsBuild } from "../../broker/console-build.ts";
import { PACKAGE_FOLDER } from "../../broker/settings.ts";
import { readVersion } from "../../broker/version.ts";
import { packagesOf } from "./packages-of.ts";

const PLATFORM = `${process.platform}-${process.arch}`;
/** What runs. The console is taken built; tests, benches and their kit stay behind. */
const SOURCES = ["broker", "protocols", "simulators", "deploy"];
const DOCUMENTS = ["README.md", "LICENSE", "SECURITY.md", "package.json"];
/** Builds the console, which a release has built. */
const BUILT_WITH = new Set(["vite"]);
/** The first day that zip and tar agree on: the same sources give the same archive. */
const MTIME = "1980-01-01T00:00:00Z";

/** Finds the folder also through a link in /usr/local/bin. */
const COMMAND = `#!/bin/sh
self=$(readlink -f "$0")
home=$(dirname "$(dirname "$self")")
exec "$home/node/bin/node" "$home/broker/cli/sallyport.ts" "$@"
`;

/** @param out folder in which the release is made. @returns its folder and archive */
export async function makeRelease(out: string): Promise<{ folder: string; archive: string }> {
  const name = `sallyport-${readVersion()}-${PLATFORM}`;
  const folder = path.join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await copyConsole(folder);
  copySources(folder);
  copyPackages(folder);
  copyNode(folder);
  writeFileSync(path.join(folder, "configuration.md"), settingsMarkdown());
  writeFileSync(path.join(folder, "sbom.cdx.json"), billOfMaterials());
  writeFileSync(path.join(folder, "SHA256SUMS"), checksums(folder));
  const archive = `${folder}.tar.gz`;
  pack(out, name, archive);
  return { folder, archive };
}

async function copyConsole(folder: string): Promise<void> {
  const built = path.join(PACKAGE_FOLDER, "dist/console");
  if (needsBuild(built)) await buildConsole(built);
  cpSync(built, path.join(folder, "dist/console"), { recursive: true });
}

function copySources(folder: string): void {
  for (const source of SOURCES) {
    cpSync(path.join(PACKAGE_FOLDER, source), path.join(folder, source), {
      recursive: true,
      filter: (from) => !/\.(test|fuzz)\.ts$|tsconfig\.json$/.test(from),
    });
  }
  for (const name of DOCUMENTS) cpSync(path.join(PACKAGE_FOLDER, name), path.join(folder, name));
}

function copyPackages(folder: string): void {
  for (const at of packagesOf(PACKAGE_FOLDER, ["broker", "protocols", "simulators"], BUILT_WITH)) {
    const to = path.join(folder, at);
    cpSync(path.join(PACKAGE_FOLDER, at), to, {
      recursive: true,
      // A package within a package is listed by itself.
      filter: (from) =>
        !path.relative(path.join(PACKAGE_FOLDER, at), from).startsWith("node_modules"),
    });
  }
}

/** The one that runs this: `npm run` takes the project's own. */
function copyNode(folder: string): void {
  mkdirSync(path.join(folder, "node/bin"), { recursive: true });
  mkdirSync(path.join(folder, "bin"));
  const node = path.join(folder, "node/bin/node");
  cpSync(process.execPath, node);
  chmodSync(node, 0o755);
  writeFileSync(path.join(folder, "bin/sallyport"), COMMAND, { mode: 0o755 });
}

/** Of everything that runs or was built in, the console's libraries too. */
function billOfMaterials(): string {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
  return execFileSync("npm", args, { cwd: PACKAGE_FOLDER, maxBuffer: 64 * 1024 ** 2 }).toString();
}

/** As `sha256sum -c` reads it. */
function checksums(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
  const lines = files.map((file) => {
    const digest = createHash("sha256")
      .update(readFileSync(path.join(folder, file)))
      .digest("hex");
    return `${digest}  ${file}\n`;
  });
  return lines.join("");
}

function pack(out: string, name: string, archive: string): void {
  const same = ["--sort=name", `--mtime=${MTIME}`, "--owner=0", "--group=0", "--numeric-owner"];
  execFileSync("tar", ["-C", out, ...same, "-I", "gzip -n", "-cf", archive, name]);
  const digest = createHash("sha256").update(readFileSync(archive)).digest("hex");
  writeFileSync(`${archive}.sha256`, `${digest}  ${path.basename(archive)}\n`);
}

if (process.argv[1] === import.meta.filename) {
  const out = path.resolve(process.argv[2] ?? path.join(PACKAGE_FOLDER, "dist/release"));
  if (!existsSync(path.join(PACKAGE_FOLDER, "package-lock.json"))) {
    throw new Error("a release is made from the sources");
  }
  const { folder, archive } = await makeRelease(out);
  process.stdout.write(`${folder}\n${archive}\n${archive}.sha256\n`);
}
