/** Manners of OpenSSH's clients, and of what may answer where an asset should. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import path from "node:path";
import ssh2 from "ssh2";
import { expect, onTestFinished } from "vitest";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, ssh, sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EVERYTHING = "- { name: all, permit: [configure, transfer] }";
const testManners = testWith(["ssh", "sftp", "scp", SSHD]);

async function road(): Promise<SshRoad> {
  return sshRoad(await startSshd(temporaryFolder()), EVERYTHING);
}

testManners.each([
  ["that knows GCM takes it", [], "aes128-gcm@openssh.com"],
  ["that was told another cipher has that", ["-c", "aes256-ctr"], "aes256-ctr"],
])("a client %s", async (_, options, cipher) => {
  const to = await road();
  const verbose = ["-o", "LogLevel=DEBUG", ...options, ...OPENSSH];
  const args = [...verbose, "-p", String(to.conduit.port), HOST, "echo done"];
  const ran = await runProgram("ssh", args);
  expect(ran.output).toContain("done\n");
  expect(ran.stderr).toContain(`server->client cipher: ${cipher}`);
  expect(ran.stderr).toContain(`client->server cipher: ${cipher}`);
});

testManners("many commands on one connection end each with its own status", async () => {
  const to = await road();
  const control = path.join(to.here, "master");
  const started = await ssh(to, "-M", "-S", control, "-fN", HOST);
  expect(started.code).toBe(0);
  onTestFinished(() => void spawnSync("ssh", ["-S", control, "-O", "exit", HOST]));
  const numbers = Array.from({ length: 12 }, (_, n) => n + 1);
  const ran = await Promise.all(
    numbers.map((n) => runProgram("ssh", ["-S", control, HOST, `echo at ${n}; exit ${n}`])),
  );
  expect(ran.map(({ code }) => code)).toEqual(numbers);
  expect(ran.map(({ output }) => output)).toEqual(numbers.map((n) => `at ${n}\n`));
});

testManners("keys are changed in the middle of files that go there and back", async () => {
  const to = await road();
  const [here, back] = [path.join(to.here, "file"), path.join(to.here, "back")];
  writeFileSync(here, randomBytes(1_000_003));
  const options = ["-o", "RekeyLimit=64K", ...OPENSSH, "-P", String(to.conduit.port)];
  const there = path.join(to.asset.home, "file");
  const input = `put ${here} ${there}\nget ${there} ${back}\n`;
  const ran = await runProgram("sftp", [...options, "-b", "-", HOST], { input });
  expect(ran.code).toBe(0);
  expect(readFileSync(there).equals(readFileSync(here))).toBe(true);
  expect(readFileSync(back).equals(readFileSync(here))).toBe(true);
});

testManners("of a folder of odd names the old scp carries those that are plain text", async () => {
  const to = await road();
  const here = path.join(to.here, "odd");
  mkdirSync(here);
  const plain = ["-rf", "a b", "ünï ✓", '*?[a]$(id)`x`;"', "x".repeat(255)];
  const odd = ["tab\there", "\x1b[31mred", Buffer.from("no \xff utf", "latin1")];
  for (const name of plain) writeFileSync(path.join(here, name), name);
  for (const name of odd) {
    writeFileSync(Buffer.concat([Buffer.from(`${here}/`), Buffer.from(name)]), "odd");
  }
  const args = ["-O", ...OPENSSH, "-r", "-P", String(to.conduit.port), here];
  const ran = await runProgram("scp", [...args, `${HOST}:${to.asset.home}/odd`]);
  expect(ran.code).toBe(1);
  const told = ran.stderr.match(/Sallyport: a name that is no plain text is not carried/g);
  expect(told).toHaveLength(odd.length);
  expect(readdirSync(path.join(to.asset.home, "odd")).sort()).toEqual(plain.sort());
});

/** What answers where the asset should. */
async function answering(behaves: (client: Socket) => unknown): Promise<SshRoad> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client.on("error", () => client.destroy()));
    behaves(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { private: privateKey } = ssh2.utils.generateKeyPairSync("ed25519");
  const asset = {
    port,
    fingerprint: `SHA256:${"A".repeat(43)}`,
    user: "nobody",
    privateKey,
    home: "/",
  };
  return sshRoad(asset, EVERYTHING);
}

testManners.each<[string, (client: Socket) => unknown, string]>([
  [
    "speaks HTTP",
    (client) => client.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    "the asset closed the connection before keys were exchanged",
  ],
  [
    "speaks an older version alone",
    (client) => client.write("SSH-1.5-old\r\n"),
    "the asset speaks another version of SSH than 2",
  ],
])("an asset that %s is told of in words", async (_, behaves, words) => {
  const to = await answering(behaves);
  const ran = await ssh(to, "-n", HOST, "true");
  expect(ran.code).toBe(126);
  expect(ran.stderr).toContain(`Sallyport: ${words}`);
});
