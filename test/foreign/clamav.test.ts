/** Uploads through the whole road, scanned by the real clamd before OpenSSH's server has any of them. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest";
import { Clamd } from "../../broker/legs/clamd.ts";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { runProgram } from "../kit/child.ts";
import { CLAMD, EICAR, type RunningClamd, startClamd } from "../kit/clamd.ts";
import { found, testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { MODBUS_AGAIN, rerun } from "../kit/rerun.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { takenOut } from "../kit/taken-out.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../kit/temporary.ts";

// Slow: a scanner, and a conduit and a server of OpenSSH for each test.
const SLOW = { timeout: 120_000 };
const testScanned = testWith([CLAMD, "ssh", "sftp", "scp", SSHD]);
const KEPT = "scan: true, keep-max: 3000000";
const RULES = `- { name: scanned, permit: transfer, actions: [file:write], size-max: 20000000, ${KEPT} }
- { name: all, permit: [configure, transfer] }`;

const NOTHING = new Uint8Array(0);

const folder = makeFolder();
let clamd: RunningClamd | undefined;
beforeAll(async () => {
  if (found(CLAMD)) clamd = await startClamd(folder, ["StreamMaxLength 3M"]);
}, 90_000);
afterAll(async () => {
  await clamd?.child.stop();
  removeFolder(folder);
});

async function road(socket = clamd?.socket ?? ""): Promise<SshRoad> {
  return sshRoad(await startSshd(temporaryFolder()), RULES, { CONDUIT_CLAMD: socket });
}

function sftp({ conduit }: SshRoad, ...commands: readonly string[]) {
  const args = [...OPENSSH, "-P", String(conduit.port), "-b", "-", HOST];
  return runProgram("sftp", args, { input: `${commands.join("\n")}\n` });
}

function file(to: SshRoad, name: string, content: Uint8Array | string): string {
  const at = path.join(to.here, name);
  writeFileSync(at, content);
  return at;
}

/** The scanner is not asked again: what it said stands on the tape. */
function expectRerun(tapes: readonly (readonly TapeRecord[])[]): void {
  const again = { ...MODBUS_AGAIN, guardOf: () => new SshGuard() };
  expect(tapes.length).toBeGreaterThan(0);
  for (const tape of tapes) {
    expect(rerun(tape, again)).toMatchObject({ difference: undefined, left: [] });
  }
}

const there = (to: SshRoad, name: string) => path.join(to.asset.home, name);

testScanned("the scanner itself says clean, found, or that it will not", SLOW, async () => {
  const scanner = new Clamd(clamd?.socket ?? "");
  expect(await scanner.scan(randomBytes(1_000_000))).toEqual({ kind: "clean" });
  expect(await scanner.scan(new Uint8Array(0))).toEqual({ kind: "clean" });
  const name = expect.stringContaining("Sallyport-Test-Signature");
  expect(await scanner.scan(Buffer.from(EICAR))).toEqual({ kind: "found", name });
  const large = await scanner.scan(new Uint8Array(4_000_000));
  expect(large.kind).toBe("away");
});

testScanned(
  "what is clean arrives whole, by sftp and by scp, over what was there",
  SLOW,
  async () => {
    const to = await road();
    const content = randomBytes(2_500_000);
    const own = file(to, "own.bin", content);
    writeFileSync(there(to, "old.bin"), randomBytes(2_900_000));
    const put = await sftp(to, `put ${own} old.bin`, "ls -l old.bin");
    expect(put).toMatchObject({ code: 0 });
    expect(readFileSync(there(to, "old.bin")).equals(content)).toBe(true);
    const copied = await runProgram("scp", [
      ...[...OPENSSH, "-P", String(to.conduit.port), "-p"],
      ...[own, `${HOST}:copied.bin`],
    ]);
    expect(copied).toMatchObject({ code: 0 });
    expect(readFileSync(there(to, "copied.bin")).equals(content)).toBe(true);
    const empty = await sftp(to, `put ${file(to, "empty", "")} empty`);
    expect(empty).toMatchObject({ code: 0 });
    expect(readFileSync(there(to, "empty"))).toHaveLength(0);
    await to.conduit.stop();
    expectRerun(await recorded(to.recordings));
    const taken = await takenOut(to.recordings);
    for (const name of ["old.bin", "copied.bin"]) {
      expect(content.equals(taken.get(`up ${name}`) ?? NOTHING)).toBe(true);
    }
    expect(taken.get("up empty")).toHaveLength(0);
  },
);

testScanned(
  "what is found in a file is refused, and the asset has nothing of it",
  SLOW,
  async () => {
    const to = await road();
    writeFileSync(there(to, "kept.txt"), "as it was");
    const bad = file(to, "bad.txt", EICAR);
    const put = await sftp(to, `-put ${bad} kept.txt`, `-put ${bad} new.txt`, "ls");
    expect(put.output + put.stderr).toMatch(/malware was found in it: Sallyport-Test-Signature/);
    expect(readFileSync(there(to, "kept.txt"), "utf8")).toBe("as it was");
    expect(existsSync(there(to, "new.txt"))).toBe(false);
    await to.conduit.stop();
    const tapes = await recorded(to.recordings);
    expectRerun(tapes);
    const digest = createHash("sha256").update(EICAR).digest("hex");
    const verdicts = (await recorded(to.recordings))
      .flat()
      .flatMap((record) => (record.kind === "verdict" ? record.items : []));
    const scanned = verdicts.filter(({ operation }) => "digest" in operation);
    expect(scanned.length).toBeGreaterThan(0);
    for (const { operation } of scanned) {
      expect(operation).toMatchObject({ digest, size: EICAR.length, action: "file:write" });
    }
    expect(scanned.map(({ answer }) => answer.kind)).toContain("deny");
  },
);

testScanned(
  "without a scanner nothing that must be scanned is sent, and the reason is said",
  SLOW,
  async () => {
    const to = await road(path.join(folder, "none.ctl"));
    const put = await sftp(to, `-put ${file(to, "own.txt", "hello")} own.txt`, "ls");
    expect(put.output + put.stderr).toMatch(/it could not be scanned/);
    expect(existsSync(there(to, "own.txt"))).toBe(false);
  },
);

testScanned("roads around the scanner are shut: old scp, parts, appending", SLOW, async () => {
  const to = await road();
  const own = file(to, "own.txt", "hello, this is it");
  const old = await runProgram("scp", [
    ...[...OPENSSH, "-O", "-P", String(to.conduit.port)],
    ...[own, `${HOST}:old.txt`],
  ]);
  expect(old.code).not.toBe(0);
  expect(old.output + old.stderr).toMatch(/use sftp, or scp without -O/);
  expect(existsSync(there(to, "old.txt"))).toBe(false);
  writeFileSync(there(to, "part.txt"), "hel");
  const part = await sftp(to, `-reput ${own} part.txt`, `-put -a ${own} part.txt`, "ls");
  expect(part.output + part.stderr).toMatch(/Sallyport: /);
  expect(readFileSync(there(to, "part.txt"), "utf8")).toBe("hel");
});

testScanned(
  "only some channels of a session may keep files for the scanner at once",
  SLOW,
  async () => {
    const to = await road();
    const client = new ssh2.Client();
    onTestFinished(() => void client.destroy());
    const ready = Promise.withResolvers<void>();
    client.on("ready", () => ready.resolve());
    client.on("error", (error) => ready.reject(error));
    client.connect({
      ...{ host: "127.0.0.1", port: to.conduit.port, username: "any" },
      hostVerifier: () => true,
    });
    await ready.promise;
    const sftps: ssh2.SFTPWrapper[] = [];
    const openNew = async () => {
      const files = await new Promise<ssh2.SFTPWrapper>((resolve, reject) =>
        client.sftp((error, made) => (error ? reject(error) : resolve(made))),
      );
      sftps.push(files);
      return new Promise<string>((resolve) =>
        files.open(`kept-${sftps.length}`, "w", (error) => resolve(error ? error.message : "kept")),
      );
    };
    for (let n = 0; n < 4; n += 1) expect(await openNew()).toBe("kept");
    expect(await openNew()).toMatch(/too many channels at once/);
    const gone = new Promise((resolve) => sftps[0]?.once("close", resolve));
    sftps[0]?.end();
    await gone;
    await vi.waitFor(async () => expect(await openNew()).toBe("kept"), { timeout: 20_000 });
  },
);
