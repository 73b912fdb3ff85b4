/** Going back to earlier policies on the host, as people do: a process, its output, its exit code. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PolicyStore } from "../../broker/access/policies/policy-store.ts";
import { systemClock } from "../../broker/clock.ts";
import { prepareDataFolder } from "../../broker/store/data-folder.ts";
import { openStore } from "../../broker/store/store.ts";
import { runProgram } from "../kit/child.ts";
import { DEFAULT_POLICIES } from "../kit/policies.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;

async function siteWithTwoVersions(): Promise<string> {
  const data = prepareDataFolder(join(temporaryFolder(), "data"));
  const store = await PolicyStore.open({
    ...{ dataFolder: data, defaults: DEFAULT_POLICIES, clock: systemClock, site: "site" },
    administrators: async () => [],
    note: () => {},
  });
  const path = join(data, "policies/operations.cedar");
  writeFileSync(path, readFileSync(path, "utf8").replace("// Which classes", "// The classes"));
  await store.check();
  expect(store.versions()).toHaveLength(2);
  store.close();
  return data;
}

function rollback(data: string, ...more: string[]) {
  return runProgram(process.execPath, [COMMAND, "policy", "rollback", ...more], {
    env: { SALLYPORT_DATA: data },
  });
}

const classesLine = (data: string) =>
  readFileSync(join(data, "policies/operations.cedar"), "utf8").split("\n")[0];

test("with the broker stopped, the version before is in force again and an alarm is kept", async () => {
  const data = await siteWithTwoVersions();
  const done = await rollback(data);
  expect(done).toMatchObject({ code: 0 });
  expect(done.output).toMatch(/^Version 1 of the policies is in force again\./);
  expect(classesLine(data)).toMatch(/^\/\/ Which classes/);
  expect(readdirSync(join(data, "policy-history"))).toEqual([
    ...["000001.json", "000002.json", "000003.json"],
  ]);
  const store = await openStore({ path: join(data, "sallyport.db") });
  const [event] = await store.log.list();
  await store.close();
  expect(event).toMatchObject({ kind: "policy:changed", priority: "alarm" });
  expect(event?.text).toMatch(/on this machine put version 3 .*back to version 1/);
});

test("beside a running broker the files are put in place for it to take over", async () => {
  const data = await siteWithTwoVersions();
  const running = await openStore({ path: join(data, "sallyport.db") });
  const done = await rollback(data);
  await running.close();
  expect(done.output).toMatch(/^The files of version 1 are in place\./);
  expect(classesLine(data)).toMatch(/^\/\/ Which classes/);
});

test("a version that is not there is refused in one line", async () => {
  const data = await siteWithTwoVersions();
  const done = await rollback(data, "7");
  expect(done).toMatchObject({
    code: 1,
    stderr: "sallyport: there is no version 7 of the policies\n",
  });
  cpSync(join(data, "policies"), join(data, "copy"), { recursive: true });
  expect((await rollback(data, "one")).code).not.toBe(0);
});
