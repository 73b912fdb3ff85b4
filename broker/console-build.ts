/**
 * Builds the console where that is needed: never built, or older than its sources. A release has
 * no sources and is taken as it is.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { PACKAGE_FOLDER } from "./settings.ts";

const SOURCES = ["console", "protocols", "broker/api/shapes", "package-lock.json"];
/** A build takes some seconds; on a slow machine a minute. */
const BUILD_TIMEOUT_MS = 300_000;
/** Smaller files gain nothing by compression. */
const COMPRESS_BYTES_MIN = 1_024;

/** @param folder where the built console lies, for example `dist/console` */
export function needsBuild(folder: string): boolean {
  if (!existsSync(join(PACKAGE_FOLDER, "console/vite.config.ts"))) return false;
  const built = statSync(join(folder, "index.html"), { throwIfNoEntry: false });
  if (!built) return true;
  return SOURCES.some((source) => newestMs(join(PACKAGE_FOLDER, source)) > built.mtimeMs);
}

function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0;
  const inside = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...inside);
}

export class ConsoleBuildFailed extends Error {
  override readonly name = "ConsoleBuildFailed";
}

/**
 * Builds beside the folder and then puts the result in its place, so that a build that fails, or
 * two at once, never leave half a console. @throws ConsoleBuildFailed
 */
export async function buildConsole(folder: string): Promise<void> {
  const fresh = `${folder}.${process.pid}.tmp`;
  const begun = new Date();
  try {
    await runVite(fresh);
    await compressFiles(fresh);
    // What was changed meanwhile may not be in it.
    await utimes(join(fresh, "index.html"), begun, begun);
    await putInPlace(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Somebody else's build may come between any two steps; then it is as good as this one. */
const PLACING_TRIES = 20;

/** Puts a folder into the place of another. @throws if it cannot be had there at all */
export async function putInPlace(fresh: string, folder: string): Promise<void> {
  const aside = `${fresh}.old`;
  for (let tries = PLACING_TRIES; ; tries -= 1) {
    try {
      await rename(folder, aside).catch(unlessGone);
      await rm(aside, { recursive: true, force: true });
      return await rename(fresh, folder);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      const wasFirst = code === "ENOTEMPTY" || code === "EEXIST";
      if (!wasFirst || tries === 0) throw error;
    }
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** In a process of its own: a bundler's memory and threads are none of the broker's. */
async function runVite(outFolder: string): Promise<void> {
  const vite = join(
    dirname(createRequire(import.meta.url).resolve("vite/package.json")),
    "bin/vite.js",
  );
  const parameters = ["build", "console", "--outDir", outFolder, "--logLevel", "error"];
  try {
    await promisify(execFile)(process.execPath, [vite, ...parameters], {
      cwd: PACKAGE_FOLDER,
      timeout: BUILD_TIMEOUT_MS,
      env: { ...process.env, NODE_ENV: "production", NO_COLOR: "1" },
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const reason = said || (error instanceof Error ? error.message : String(error));
    throw new ConsoleBuildFailed(`the console could not be built: ${reason}`);
  }
}

async function compressFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile() && /\.(js|css|svg|json)$/.test(e.name));
  await Promise.all(files.map((entry) => compressFile(join(entry.parentPath, entry.name))));
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < COMPRESS_BYTES_MIN) return;
  // Small for browsers over TLS and of this machine; the rest, and proxies, take gzip.
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
  await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
}
