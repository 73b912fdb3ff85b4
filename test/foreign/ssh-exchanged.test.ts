/** A link that is put in the place of a file between looking and opening, at a real server. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { runProgram } from "../kit/child.ts";
import { approveTool, sftpAtDoor } from "../kit/native-client.ts";
import { testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, sshRoad } from "../kit/ssh-road.ts";
import { SFTP_SERVER, SSHD, type SshAsset } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const testExchanged = testWith(["sftp", SSHD, SFTP_SERVER]);
const PROGRAM = path.join(import.meta.dirname, "../kit/exchanging-sftp.ts");
const SECRET = "the secret of the asset\n";

/** @param place below the permitted folder, exchanged for a link that leads out of it */
async function exchangingAsset(place: string, linkTo: string): Promise<SshAsset> {
  const folder = temporaryFolder();
  const home = path.join(folder, "home");
  for (const each of ["in/sub", "out"]) mkdirSync(path.join(home, each), { recursive: true });
  for (const each of ["in/own.txt", "in/sub/own.txt"])
    writeFileSync(path.join(home, each), "own\n");
  for (const each of ["secret.txt", "out/own.txt"]) writeFileSync(path.join(home, each), SECRET);
  const words = [process.execPath, PROGRAM, SFTP_SERVER, home];
  const exchange = [path.join(home, place), path.join(home, linkTo)];
  return startSshd(folder, [`ForceCommand ${[...words, ...exchange].join(" ")}`]);
}

async function road(place: string, linkTo: string): Promise<SshRoad> {
  const asset = await exchangingAsset(place, linkTo);
  const { home } = asset;
  return sshRoad(asset, `- { name: tree, permit: transfer, paths: ["${home}/in/**"] }`);
}

function sftp({ conduit }: SshRoad, command: string) {
  const args = [...OPENSSH, "-P", String(conduit.port), "-b", "-", HOST];
  return runProgram("sftp", args, { input: `${command}\n` });
}

async function passed({ conduit, recordings }: SshRoad): Promise<readonly string[]> {
  await conduit.stop();
  const records = (await recorded(recordings)).flat();
  return records.flatMap((record) =>
    record.kind === "verdict" ? record.items.map(({ operation }) => operation.action) : [],
  );
}

testExchanged.each([
  ["a file", "in/own.txt", "secret.txt", "in/own.txt"],
  ["its folder", "in/sub", "out", "in/sub/own.txt"],
])(
  "nothing is read where %s is exchanged for a link right before it is opened",
  async (_, place, linkTo, wanted) => {
    const to = await road(place, linkTo);
    const got = path.join(to.here, "got.txt");
    const ran = await sftp(to, `get ${to.asset.home}/${wanted} ${got}`);
    expect(ran.code).not.toBe(0);
    expect(ran.output + ran.stderr).toContain("exchanged meanwhile");
    expect(existsSync(got) ? readFileSync(got, "utf8") : "").toBe("");
    const actions = await passed(to);
    expect(actions).toContain("file:read");
    expect(actions).not.toContain("file:passed");
  },
);

testExchanged(
  "nothing is written through a link that took a file's place right before",
  async () => {
    const to = await road("in/own.txt", "secret.txt");
    const own = path.join(to.here, "own.txt");
    writeFileSync(own, "what somebody sends\n");
    const ran = await sftp(to, `put ${own} ${to.asset.home}/in/own.txt`);
    expect(ran.code).not.toBe(0);
    // It was emptied by the opening, and has nothing of what was sent.
    expect(readFileSync(path.join(to.asset.home, "secret.txt"), "utf8")).toBe("");
    expect(await passed(to)).not.toContain("file:passed");
  },
);

testExchanged(
  "a folder is not listed through a link that took its place right before",
  async () => {
    const to = await road("in/sub", "out");
    const ran = await sftp(to, `ls ${to.asset.home}/in/sub`);
    expect(ran.output).not.toContain("own.txt");
  },
);

/** A whole broker whose switch is this asset. */
async function site({ port, fingerprint, user, privateKey }: SshAsset) {
  const running = await startRunningBroker({ SALLYPORT_SSH_PORT: "0" });
  onTestFinished(() => running.close());
  const { first, folder, plant } = running;
  const file = path.join(folder, "plant.yaml");
  const text = readFileSync(file, "utf8")
    .replace(`127.0.0.1:${plant.ports.switch}`, `127.0.0.1:${port}`)
    .replace(/host-keys: .*/, `host-keys: ["${fingerprint}"]`);
  writeFileSync(file, text);
  const events = async (kind: string) => {
    const { body } = await first.ask<SiteEventView[]>("GET", "/api/events");
    return body.filter((event) => event.kind === kind);
  };
  await vi.waitUntil(async () => (await events("plant:changed")).length > 0, WITHIN);
  const credential = { kind: "key", user, privateKey };
  await first.ask("POST", "/api/credentials", { endpoint: "switch-works/ssh", credential });
  const doors = await first.ask<{ ssh: { port: number } }>("GET", "/api/native");
  return { first, events, door: doors.body.ssh.port };
}

const WITHIN = { timeout: 30_000, interval: 50 };

testExchanged(
  "it rings, and says in whose session and at which path",
  async () => {
    const asset = await exchangingAsset("in/own.txt", "secret.txt");
    const { first, events, door } = await site(asset);
    const tool = await sftpAtDoor(door, "switch-works");
    onTestFinished(() => tool.stop());
    const session = await approveTool(first, tool, "switch-maintenance");
    tool.type(`get ${asset.home}/in/own.txt /dev/null\n`);
    await tool.says(/exchanged meanwhile/);
    const rung = await vi.waitUntil(async () => {
      const { body } = await first.ask<AlarmView[]>("GET", "/api/alarms");
      return body.find(({ kind }) => kind === "file-exchanged");
    }, WITHIN);
    expect(rung).toMatchObject({ priority: "high" });
    const [event] = await events("file:exchanged");
    expect(event).toMatchObject({ session, priority: "alarm" });
    expect(event?.text).toContain(
      `${asset.home}/in/own.txt: what was opened is not what lies there`,
    );
  },
  120_000,
);
