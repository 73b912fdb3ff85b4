/** The process is real: whatever speaks for it is started with it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, removeFolder } from "../../../../test/kit/temporary.ts";
import { keptIdentity } from "../kept-identity.ts";
import { OpcuaProcess } from "./opcua-process.ts";

const SLOW_MS = 180_000;

test(
  "the OPC UA process has no way to speak to the broker but the one that is bounded",
  async () => {
    const folder = makeFolder();
    const said = join(folder, "said");
    const code = [
      `import { appendFileSync } from "node:fs";`,
      `import { isMainThread } from "node:worker_threads";`,
      `if (isMainThread) appendFileSync(${JSON.stringify(said)}, typeof process.send);`,
    ].join("");
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
    const file = join(folder, "identity.pem");
    const failures: string[] = [];
    const opcua = new OpcuaProcess(file, keptIdentity(file), {
      failed: (why) => failures.push(why),
    });
    onTestFinished(async () => {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
      await opcua.close();
      removeFolder(folder);
    });
    await opcua.begin();
    expect(readFileSync(said, "utf8")).toBe("undefined");
    expect(failures).toEqual([]);
  },
  SLOW_MS,
);
