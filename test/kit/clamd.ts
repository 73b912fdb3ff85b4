/** The real clamd, with a signature database of one file: nothing is fetched. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Child, startChild } from "./child.ts";

export const CLAMD = "/usr/sbin/clamd";

/** The test file that every scanner knows, in two parts: none may find it in this source. */
export const EICAR = [
  "X5O!P%@AP[4\\PZX54(P^)7CC)7}$",
  "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
].join("");

export interface RunningClamd {
  readonly socket: string;
  readonly child: Child;
}

/** @param more lines of its configuration */
export async function startClamd(
  folder: string,
  more: readonly string[] = [],
): Promise<RunningClamd> {
  const database = path.join(folder, "signatures");
  mkdirSync(database, { recursive: true });
  const hex = Buffer.from(EICAR).toString("hex");
  writeFileSync(path.join(database, "test.ndb"), `Sallyport-Test-Signature:0:*:${hex}\n`);
  const socket = path.join(folder, "clamd.ctl");
  const config = path.join(folder, "clamd.conf");
  const lines = [
    `LocalSocket ${socket}`,
    `DatabaseDirectory ${database}`,
    `TemporaryDirectory ${folder}`,
    ...["Foreground yes", "MaxThreads 2", "SelfCheck 0", "LogFileMaxSize 0"],
  ];
  writeFileSync(config, `${[...lines, ...more].join("\n")}\n`);
  const ready = /Self checking disabled/;
  const child = await startChild(CLAMD, [`--config-file=${config}`], { ready, withinMs: 60_000 });
  return { socket, child };
}
