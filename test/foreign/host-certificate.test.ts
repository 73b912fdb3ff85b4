/** The broker's host certificate, made by OpenSSH and looked at by OpenSSH's client. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { HostCertificateFile, parseHostCertificate } from "../../broker/native/host-certificate.ts";
import { NativeAsks } from "../../broker/native/native-asks.ts";
import { SshDoor } from "../../broker/native/ssh-door.ts";
import { loadSshHostKey } from "../../broker/native/ssh-host-key.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const testCertificate = testWith(["ssh", "ssh-keygen"]);
const NAME = "broker.example";

/** A site's authority, and the broker's key signed by it. */
function signed(...more: readonly string[]) {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder, name);
  const hostKey = loadSshHostKey(at("host.key"));
  const keygen = (...args: readonly string[]) =>
    execFileSync("ssh-keygen", args, { stdio: "pipe" });
  keygen("-q", "-t", "ed25519", "-N", "", "-f", at("authority"));
  writeFileSync(at("host.pub"), `${hostKey.publicKey}\n`);
  keygen("-q", "-s", at("authority"), "-I", "broker", "-n", NAME, ...more, at("host.pub"));
  const file = at("host-cert.pub");
  return { at, hostKey, file, text: readFileSync(file, "utf8") };
}

async function doorOf({ hostKey, file }: ReturnType<typeof signed>): Promise<number> {
  const asks = new NativeAsks(systemClock);
  const certificate = new HostCertificateFile(file, hostKey, systemClock);
  const door = await SshDoor.open({
    ...{ listen: "127.0.0.1", port: 0, origin: "http://localhost", hostKey, asks },
    certificate: () => certificate.offered(),
    seen: () => undefined,
  });
  onTestFinished(() => {
    asks.close();
    door.close();
  });
  return door.port;
}

/** What a client says that knows this line of `known_hosts` and nothing else. */
async function says(port: number, known: string, name = NAME): Promise<string> {
  const file = path.join(temporaryFolder(), "known");
  writeFileSync(file, `${known}\n`);
  const options = [
    ...["StrictHostKeyChecking=yes", `UserKnownHostsFile=${file}`, "GlobalKnownHostsFile=none"],
    ...[`HostKeyAlias=${name}`, "BatchMode=yes", "PubkeyAuthentication=no", "IdentityAgent=none"],
  ];
  const args = [...options.flatMap((each) => ["-o", each]), "-F", "none"];
  const ran = await runProgram("ssh", [...args, "-p", String(port), "pump@127.0.0.1", "true"], {
    withinMs: 60_000,
  });
  return ran.output;
}

const authorityOf = ({ at }: ReturnType<typeof signed>, names = "*") =>
  `@cert-authority ${names} ${readFileSync(at("authority.pub"), "utf8").trim()}`;
/** The host was believed, and asked who comes. */
const BELIEVED = /Permission denied/;
const REFUSED = /Host key verification failed/;

testCertificate(
  "who trusts the site's authority knows the broker without its key, by its name alone",
  async () => {
    const made = signed("-h");
    const port = await doorOf(made);
    expect(await says(port, authorityOf(made))).toMatch(BELIEVED);
    expect(await says(port, authorityOf(made), "other.example")).toMatch(REFUSED);
    expect(await says(port, "")).toMatch(REFUSED);
    expect(await says(port, `${NAME} ${made.hostKey.publicKey}`)).toMatch(BELIEVED);
  },
  240_000,
);

testCertificate(
  "a certificate that is over is not offered, and the key still is",
  async () => {
    const made = signed("-h", "-V", "20200101:20210101");
    const file = new HostCertificateFile(made.file, made.hostKey, systemClock);
    expect(file.trouble).toBeUndefined();
    expect(file.offered()).toBeUndefined();
    const port = await doorOf(made);
    expect(await says(port, authorityOf(made))).toMatch(REFUSED);
    expect(await says(port, `${NAME} ${made.hostKey.publicKey}`)).toMatch(BELIEVED);
  },
  120_000,
);

testCertificate("what is no certificate of this host is none, with its reason", () => {
  const own = signed("-h");
  const { publicKey } = own.hostKey;
  expect(parseHostCertificate(own.text, publicKey)).toMatchObject({ untilMs: expect.any(Number) });
  expect(parseHostCertificate(signed("-h").text, publicKey)).toMatch(/another key/);
  const person = signed();
  expect(parseHostCertificate(person.text, person.hostKey.publicKey)).toMatch(/of a person/);
  expect(parseHostCertificate(publicKey, publicKey)).toMatch(/is no ssh-ed25519-cert/);
  const [type, base64 = ""] = own.text.split(" ");
  const whole = Buffer.from(base64, "base64");
  for (let length = 0; length < whole.length; length += 7) {
    const cut = `${type} ${whole.subarray(0, length).toString("base64")}`;
    expect(parseHostCertificate(cut, publicKey)).toMatch(/cannot be read/);
  }
});
