/** Witnesses of a site log, as processes of their own. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { startChild } from "./child.ts";

export const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");

/** The log is begun before its broker, so that a witness knows its key from the first leaf on. */
export async function begunLog(data: string): Promise<string> {
  mkdirSync(data, { mode: 0o700 });
  const directory = path.join(data, "site-log");
  const name = "localhost/waterworks";
  const log = await SiteLog.open({ directory, name, build: "test", clock: systemClock });
  await log.close();
  return log.key;
}

/** @returns its line of a policy file */
export async function startWitness(folder: string, name: string, key: string): Promise<string> {
  const flags = ["--name", name, "--log", key, "--data", path.join(folder, name), "--port", "0"];
  const witness = await startChild(process.execPath, [SALLYPORT, "witness", ...flags], {
    ready: /^(witness \S+ \S+ http\S+)$/m,
    withinMs: 60_000,
  });
  onTestFinished(() => void witness.stop());
  return witness.ready[1] ?? "";
}
