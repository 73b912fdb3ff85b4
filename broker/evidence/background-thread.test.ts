import { once } from "node:events";
import os from "node:os";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";

const MODULE = new URL("./background-thread.ts", import.meta.url).href;

test.runIf(process.platform === "linux")(
  "a thread that gives way takes nothing from the thread of the sessions",
  async () => {
    const before = os.getPriority();
    const code = `
      import(${JSON.stringify(MODULE)}).then(({ giveWay }) => {
        const taken = giveWay();
        const { parentPort } = require("node:worker_threads");
        parentPort.postMessage({ taken, priority: require("node:os").getPriority() });
      });`;
    const worker = new Worker(code, { eval: true });
    onTestFinished(async () => void (await worker.terminate()));
    const [told] = await once(worker, "message");
    expect(told.taken).toBe(true);
    expect(told.priority).toBeGreaterThan(before);
    expect(os.getPriority()).toBe(before);
  },
);
