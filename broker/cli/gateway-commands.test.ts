import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";

const COMMAND = path.join(import.meta.dirname, "sallyport.ts");
const UNIT = path.resolve(import.meta.dirname, "../../deploy/systemd/sallyport-gateway.service");

// Slow: a process that loads all of a gateway.
test("a gateway that joined no site ends with the code at which systemd gives up", {
  timeout: 180_000,
}, async () => {
  const child = spawn(process.execPath, [COMMAND, "gateway", "start"], {
    env: { PATH: process.env.PATH, SALLYPORT_DATA: path.join(temporaryFolder(), "gateway") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  expect(await once(child, "close")).toEqual([2, null]);
  expect(errors).toContain("then: sallyport gateway join LINE");
  expect(readFileSync(UNIT, "utf8")).toMatch(/^RestartPreventExitStatus=2$/m);
});
