import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../test/kit/child.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { openCredentialKey } from "../credentials/credential-key.ts";
import { Credentials } from "../credentials/credentials.ts";
import { openStore } from "../store/store.ts";

const PLANT = new URL("../../deploy/examples/water-plant.yaml", import.meta.url).pathname;
const PROGRAM = new URL("./sallyport.ts", import.meta.url).pathname;
const SECRET = "correct horse battery staple";

function host() {
  const data = path.join(temporaryFolder(), "data");
  const env = { SALLYPORT_DATA: data, SALLYPORT_PLANT: PLANT };
  const run = (args: readonly string[], input = "") =>
    runProgram(process.execPath, [PROGRAM, "credential", ...args], { env, input });
  return { data, run };
}

async function kept(data: string) {
  const store = await openStore({ path: path.join(data, "sallyport.db") });
  try {
    const key = openCredentialKey({ file: path.join(data, "credentials.key"), command: "" });
    const all = new Credentials(store, key, systemClock);
    return { credential: await all.of("switch-works/ssh"), events: await store.log.list() };
  } finally {
    await store.close();
  }
}

test("a secret comes through standard input, is kept sealed and never printed", async () => {
  const { data, run } = host();
  const set = await run(["set", "switch-works/ssh", "--user", "operator"], `${SECRET}\n`);
  expect(set).toMatchObject({ code: 0, output: expect.stringContaining("noted as an alarm") });
  const listed = await run(["list"]);
  expect(listed.output).toContain('switch-works/ssh  password of "operator"');
  expect(set.output + listed.output).not.toContain(SECRET);
  const { credential, events } = await kept(data);
  expect(credential).toEqual({ kind: "password", user: "operator", password: SECRET });
  expect(events[0]).toMatchObject({ kind: "credential:set", priority: "alarm" });
  expect(readFileSync(path.join(data, "sallyport.db")).includes(SECRET)).toBe(false);
  expect(await run(["remove", "switch-works/ssh"])).toMatchObject({ code: 0 });
  expect((await run(["remove", "switch-works/ssh"])).output).toContain("nothing is set for");
  expect((await run(["list"])).output).toContain("Nothing is set");
}, 60_000);

test("what is no key, nothing, too much or for nobody is refused in words", async () => {
  const { run } = host();
  const set = ["set", "switch-works/ssh", "--user", "operator"];
  expect((await run([...set, "--key"], "no key")).output).toContain("is no private key");
  expect((await run(set, "\n")).output).toContain("no secret came");
  expect((await run(set, "x".repeat(40_000))).output).toContain("too long");
  const nowhere = await run(["set", "switch-works/telnet"], "x");
  expect(nowhere).toMatchObject({ code: 1, output: expect.stringContaining("switch-works/ssh") });
}, 60_000);

test("while the broker runs it says what to do instead", async () => {
  const { data, run } = host();
  await run(["list"]);
  const store = await openStore({ path: path.join(data, "sallyport.db") });
  const refused = await run(["list"]);
  await store.close();
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("in the console") });
}, 60_000);
