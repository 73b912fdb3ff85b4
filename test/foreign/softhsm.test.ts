/**
 * The site log signed by a token: Debian's SoftHSM behind `sallyport signer`, in a process of its
 * own. Processes that talk to the token for each signature take the seconds.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { Pkcs11Keys } from "../../broker/evidence/log/pkcs11-keys.ts";
import { publicKeyOf } from "../../broker/evidence/log/public-keys.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { SignerAway } from "../../broker/evidence/log/signer.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { SocketKeys } from "../../broker/evidence/log/socket-keys.ts";
import { parseKey } from "../../protocols/log/note.ts";
import { runProgram, startChild } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const MODULE = "/usr/lib/softhsm/libsofthsm2.so";
const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");
const NAME = "sallyport.example/north";
const PIN = "4711-0815";
const PATIENCE = { timeout: 120_000 };

const signed = testWith(["softhsm2-util", "pkcs11-tool", "openssl", MODULE]);

async function newToken(folder: string): Promise<Record<string, string>> {
  mkdirSync(path.join(folder, "tokens"));
  const SOFTHSM2_CONF = path.join(folder, "softhsm2.conf");
  const lines = [`directories.tokendir = ${path.join(folder, "tokens")}`, "log.level = ERROR"];
  writeFileSync(SOFTHSM2_CONF, `${lines.join("\n")}\n`);
  const env = { SOFTHSM2_CONF };
  const args = ["--init-token", "--free", "--label", "site", "--so-pin", "12345678", "--pin", PIN];
  const made = await runProgram("softhsm2-util", args, { env });
  if (made.code !== 0) throw new Error(made.output);
  return env;
}

signed(
  "a token makes plain Ed25519 signatures, keeps its keys apart, and destroys them",
  PATIENCE,
  async () => {
    const folder = temporaryFolder();
    Object.assign(process.env, await newToken(folder));
    const keys = new Pkcs11Keys({ module: MODULE, label: "site", pin: PIN });
    const [first, second] = [await keys.open(1), await keys.open(2)];
    expect(first.publicKey).not.toEqual(second.publicKey);
    expect((await keys.open(1)).publicKey).toEqual(first.publicKey);
    const message = Buffer.from("a note\n");
    const signature = await first.sign(message);
    expect(signature).toHaveLength(64);
    // Another program says so too.
    const info = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), first.publicKey]);
    const files = { key: info, message, signature };
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(path.join(folder, name), bytes);
    const place = (name: string) => path.join(folder, name);
    const how = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"];
    const what = ["-inkey", place("key"), "-in", place("message"), "-sigfile", place("signature")];
    expect((await runProgram("openssl", [...how, ...what])).code).toBe(0);
    await keys.destroy(1);
    expect([await keys.has(1), await keys.has(2)]).toEqual([false, true]);
    await expect(first.sign(message)).rejects.toThrow(SignerAway);
    const wrong = new Pkcs11Keys({ module: MODULE, label: "site", pin: "0000" });
    await expect(wrong.open(2)).rejects.toThrow("the token does not answer");
  },
);

signed(
  "a log is signed by a token in another process, and its key changes there too",
  PATIENCE,
  async () => {
    const folder = temporaryFolder();
    const env = await newToken(folder);
    const [socket, pin] = [path.join(folder, "run/signer.sock"), path.join(folder, "pin")];
    mkdirSync(path.dirname(socket), { mode: 0o700 });
    writeFileSync(pin, `${PIN}\n`, { mode: 0o600 });
    const token = ["--pkcs11-module", MODULE, "--token", "site", "--pin-file", pin];
    const data = path.join(folder, "signer");
    const how = ["signer", "--name", NAME, "--socket", socket, "--data", data, ...token];
    const signer = await startChild(process.execPath, [SALLYPORT, ...how], {
      ready: /listening/,
      env,
    });
    const directory = path.join(folder, "log");
    const keys = new SocketKeys(socket, (number) => publicKeyOf(diskVolume, directory, number));
    const options = { directory, name: NAME, build: "t", clock: systemClock, keys };
    const log = await SiteLog.open(options);
    await log.append({ kind: "test" });
    await log.publish();
    await log.close();
    const next = await SiteLog.open({ ...options, rotate: true });
    await next.close();
    await signer.stop();
    for (const [number, one] of [log, next].entries()) {
      const key = parseKey(one.key, sha256)?.publicKey ?? new Uint8Array(0);
      const checked = await checkLog(diskVolume, path.join(directory, String(number + 1)), key);
      expect(checked.kind).toBe("whole");
    }
    const files = readdirSync(directory, { recursive: true }).map(String);
    expect(files.filter((name) => name.endsWith(".pem"))).toEqual([]);
    expect(readFileSync(path.join(data, "signed/2"), "utf8")).toContain(`${NAME}/log/2`);
  },
);
