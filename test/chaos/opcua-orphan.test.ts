/**
 * The broker is killed: its OPC UA process must not stay, whatever state it is in, nor its
 * connections. Slow: that process is real, and is given some seconds to go by itself.
 */
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { startChild } from "../kit/child.ts";
import { isRunning } from "../kit/opcua-child.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
const SCRIPT = join(import.meta.dirname, "opcua-orphan.ts");
const FAULTS = new URL("./opcua-process-faults.ts", import.meta.url);
const SLOW = { timeout: 180_000 };
const GOES = { timeout: 90_000, interval: 100 };

afterAll(() => removeFolder(folder));

test.each([
  ["works", undefined],
  ["is in an endless loop", "SIGUSR2"],
] as const)("with the broker goes a process that %s", SLOW, async (_what, harm) => {
  const broker = await startChild(process.execPath, [SCRIPT, join(folder, "broker.pem")], {
    ready: /runs (\d+)/,
    env: { NODE_OPTIONS: `--import=${FAULTS.href}` },
  });
  const pid = Number(broker.ready[1]);
  onTestFinished(async () => {
    await broker.stop("SIGKILL");
    if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
  expect(isRunning(pid)).toBe(true);
  if (harm) process.kill(pid, harm);
  await broker.stop("SIGKILL");
  await expect.poll(() => isRunning(pid), GOES).toBe(false);
});
