/** What `sallyport doctor` looks at on the machine itself. */
import { execFileSync } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { performance } from "node:perf_hooks";
import type { Config } from "../config.ts";
import { shareUsed, spaceOf } from "../evidence/volume-watch.ts";
import { checkPrivateFile } from "../store/data-folder.ts";
import type { Finding } from "./doctor.ts";

const NODE_MAJOR_MIN = 24;
/** As the broker's own health sees it. */
const ATTENTION_SHARE = 0.85;
const FAILED_SHARE = 0.95;
/** A write to the plant waits for one commit. */
const COMMIT_ATTENTION_MS = 20;
const COMMITS = 15;
const BLOCK_BYTES = 4_096;

export function runtime(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < NODE_MAJOR_MIN) {
    return { state: "failed", text: `Node.js ${process.version}: ${NODE_MAJOR_MIN} is needed` };
  }
  if (!hasSshBinding()) {
    const text = `Node.js ${process.version}; ssh2's binding is not built: SSH takes more CPU (npm rebuild ssh2, before npm run release)`;
    return { state: "attention", text };
  }
  return { state: "ok", text: `Node.js ${process.version}, ssh2's binding is built` };
}

function hasSshBinding(): boolean {
  try {
    const require = createRequire(import.meta.url);
    const folder = path.dirname(require.resolve("ssh2/package.json"));
    return existsSync(path.join(folder, "lib/protocol/crypto/build/Release/sshcrypto.node"));
  } catch {
    return false;
  }
}

/** Share of the volume in use, and how long its commits take. */
export function disk(folder: string): Finding {
  if (!existsSync(folder)) return { state: "attention", text: `${folder} is not there yet` };
  const volume = spaceOf(statfsSync(folder));
  const used = shareUsed(volume);
  const free = `${(volume.freeBytes / 1e9).toFixed(1)} GB free`;
  const share = `${Math.round(used * 100)} % full, ${free}`;
  try {
    accessSync(folder, constants.W_OK);
    const ms = commitMs(folder);
    const text = `${share}, a commit takes ${ms.toFixed(1)} ms`;
    if (used >= FAILED_SHARE) return { state: "failed", text: `${text}: free space` };
    const isSlow = ms > COMMIT_ATTENTION_MS;
    return { state: isSlow || used >= ATTENTION_SHARE ? "attention" : "ok", text };
  } catch (error) {
    return { state: "failed", text: `${share}; it cannot be written: ${messageOf(error)}` };
  }
}

/** Median of some durable writes, as the recorder does them. */
function commitMs(folder: string): number {
  const file = path.join(folder, `.doctor-${process.pid}`);
  const opened = openSync(file, "w", 0o600);
  try {
    const times = Array.from({ length: COMMITS }, (_, at) => {
      const startMs = performance.now();
      writeSync(opened, new Uint8Array(BLOCK_BYTES), 0, BLOCK_BYTES, at * BLOCK_BYTES);
      fdatasyncSync(opened);
      return performance.now() - startMs;
    });
    return times.toSorted((a, b) => a - b)[Math.floor(COMMITS / 2)] ?? 0;
  } finally {
    closeSync(opened);
    rmSync(file, { force: true });
  }
}

/** Whether anybody but the owner can reach the data folder or a key in it. */
export function permissions({ dataFolder }: Config): Finding {
  if (!existsSync(dataFolder)) {
    return { state: "attention", text: `${dataFolder} is made at the first start` };
  }
  const open = [dataFolder, ...secretsIn(dataFolder)].flatMap((file) => {
    try {
      checkPrivateFile(file);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  if (open.length > 0) return { state: "failed", text: open.join("; ") };
  return { state: "ok", text: "the data folder and its keys are their owner's alone" };
}

function secretsIn(dataFolder: string): readonly string[] {
  const folders = [
    dataFolder,
    path.join(dataFolder, "tls"),
    path.join(dataFolder, "site-log/keys"),
  ];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /\.(key|pem|db)$/.test(name) && !/\.pub$|site-ca\.pem$/.test(name))
        .map((name) => path.join(folder, name)),
    )
    .filter((file) => statSync(file).isFile());
}

/** Grants, shifts and certificates follow the clock. */
export function clock(checkpointFile: string | undefined): Finding {
  const lastMs = checkpointFile ? statSync(checkpointFile).mtimeMs : 0;
  if (lastMs > Date.now() + 60_000) {
    const at = new Date(lastMs).toISOString();
    return { state: "failed", text: `the clock is behind the site log, which was written ${at}` };
  }
  const synchronised = timeService();
  if (synchronised === undefined) {
    return { state: "attention", text: "no time service that can be asked: is there one?" };
  }
  if (!synchronised) {
    return { state: "attention", text: "the time service has not set the clock" };
  }
  return { state: "ok", text: "the clock is set by a time service" };
}

function timeService(): boolean | undefined {
  try {
    const args = ["show", "-p", "NTPSynchronized", "--value"];
    const said = execFileSync("timedatectl", args, { stdio: "pipe", timeout: 5_000 });
    return String(said).trim() === "yes";
  } catch {
    return undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
