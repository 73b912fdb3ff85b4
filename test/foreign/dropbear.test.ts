/** Dropbear as the asset, and as the client. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { startDropbear, startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { ssh, sshRoad } from "../kit/ssh-road.ts";
import { NSS_WRAPPER, SFTP_SERVER, SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EVERYTHING = "- { name: all, permit: [configure, transfer] }";
const testDropbear = testWith(["dropbear", "ssh", "scp", "sftp", NSS_WRAPPER, SFTP_SERVER]);

testDropbear("Dropbear runs commands and gives a terminal", async () => {
  const to = await sshRoad(await startDropbear(temporaryFolder()), EVERYTHING);
  const ran = await ssh(to, HOST, "echo out; echo err >&2; exit 7");
  expect(ran).toMatchObject({ code: 7, stderr: expect.stringContaining("err\n") });
  expect(ran.output).toContain("out\n");
  const args = [...OPENSSH, "-tt", "-p", String(to.conduit.port), HOST];
  const typed = await runProgram("ssh", args, { input: "tty; exit 5\n" });
  expect(typed.code).toBe(5);
  expect(typed.output).toContain("/dev/pts/");
});

testDropbear("files go to Dropbear and back, the old way and the new", async () => {
  const to = await sshRoad(await startDropbear(temporaryFolder()), EVERYTHING);
  const file = path.join(to.here, "a.bin");
  writeFileSync(file, randomBytes(600_000));
  for (const mode of ["-s", "-O"]) {
    const there = `${HOST}:${to.asset.home}/copy${mode}`;
    const scp = (...args: string[]) =>
      runProgram("scp", [...OPENSSH, "-P", String(to.conduit.port), mode, ...args]);
    expect(await scp(file, there)).toMatchObject({ code: 0 });
    expect(await scp(there, `${file}${mode}`)).toMatchObject({ code: 0 });
    expect(readFileSync(`${file}${mode}`)).toEqual(readFileSync(file));
  }
});

testDropbear("a path that no rule names is refused before Dropbear", async () => {
  const rules = '- { name: reading, permit: transfer, actions: ["file:list", "file:read"] }';
  const to = await sshRoad(await startDropbear(temporaryFolder()), rules);
  const file = path.join(to.here, "a.bin");
  writeFileSync(file, "a");
  for (const mode of ["-s", "-O"]) {
    const there = `${HOST}:${to.asset.home}/copy`;
    const args = [...OPENSSH, "-P", String(to.conduit.port), mode, file, there];
    expect((await runProgram("scp", args)).code).not.toBe(0);
  }
  expect(existsSync(path.join(to.asset.home, "copy"))).toBe(false);
});

testWith(["dbclient", SSHD])("Dropbear's client runs a command at OpenSSH's server", async () => {
  const to = await sshRoad(await startSshd(temporaryFolder()), EVERYTHING);
  const args = ["-y", "-y", "-p", String(to.conduit.port), HOST];
  const ran = await runProgram("dbclient", [...args, "echo out; exit 7"]);
  expect(ran).toMatchObject({ code: 7, output: expect.stringContaining("out\n") });
});

testWith(["dbclient", SSHD])(
  "what keeps a connection of Dropbear's alive is no operation",
  async () => {
    const to = await sshRoad(await startSshd(temporaryFolder()), EVERYTHING);
    const args = ["-y", "-y", "-K", "1", "-p", String(to.conduit.port), HOST];
    expect(await runProgram("dbclient", [...args, "sleep 4"])).toMatchObject({ code: 0 });
    await to.conduit.stop();
    const [tape = []] = await recorded(to.recordings);
    const decided = tape.flatMap((each) => (each.kind === "verdict" ? each.items : []));
    expect(decided.map(({ operation }) => operation.action)).toEqual(["ssh:exec"]);
  },
);
