/** Starts SSH servers that we did not write, unprivileged, with files of their own. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { startChild } from "./child.ts";

export interface SshAsset {
  readonly port: number;
  /** `SHA256:…` of its host key. */
  readonly fingerprint: string;
  readonly user: string;
  /** PEM, what the broker signs in with. */
  readonly privateKey: string;
  /** Its files; where a session of SFTP begins. */
  readonly home: string;
}

export const SSHD = "/usr/sbin/sshd";
export const SFTP_SERVER = "/usr/lib/openssh/sftp-server";
/** Gives Dropbear a user of its own without touching the machine's: what Debian calls libnss-wrapper. */
export const NSS_WRAPPER = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/libnss_wrapper.so`;

export interface LaunchedSsh {
  readonly asset: SshAsset;
  stop(): Promise<unknown>;
}

/** @param more lines of its configuration */
export async function launchSshd(
  folder: string,
  more: readonly string[] = [],
): Promise<LaunchedSsh> {
  const asset = await prepare(folder);
  const config = path.join(folder, "sshd_config");
  writeFileSync(config, `${sshdConfig(folder, asset).join("\n")}\n${more.join("\n")}\n`);
  // Where root runs the tests, sshd wants its empty folder; nobody else can make it.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const args = ["-D", "-e", "-f", config];
  const child = await startChild(SSHD, args, { ready: /Server listening on/ });
  return { asset, stop: () => child.stop() };
}

function sshdConfig(folder: string, { port, home }: SshAsset): readonly string[] {
  return [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${path.join(folder, "host")}`,
    `AuthorizedKeysFile ${path.join(folder, "client.pub")}`,
    `PidFile ${path.join(folder, "sshd.pid")}`,
    ...["StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"],
    ...["AcceptEnv LANG LC_* PLANT_*", "AllowTcpForwarding yes", "X11Forwarding yes"],
    ...["MaxStartups 200", "MaxSessions 200", "PrintMotd no", "PrintLastLog no"],
    `Subsystem sftp internal-sftp -d ${home}`,
  ];
}

/** As its user it has the folder as home, so nothing of the machine's accounts is used. */
export async function launchDropbear(folder: string): Promise<LaunchedSsh> {
  const asset = await prepare(folder);
  const { uid, gid, username } = userInfo();
  const keys = path.join(asset.home, ".ssh");
  mkdirSync(keys, { mode: 0o700 });
  writeFileSync(path.join(keys, "authorized_keys"), readFileSync(path.join(folder, "client.pub")));
  chmodSync(asset.home, 0o700);
  const passwd = path.join(folder, "passwd");
  writeFileSync(passwd, `${username}:x:${uid}:${gid}::${asset.home}:/bin/sh\n`);
  writeFileSync(path.join(folder, "group"), `${username}:x:${gid}:\n`);
  const hostKey = path.join(folder, "dropbear");
  execFileSync("dropbearkey", ["-t", "ed25519", "-f", hostKey], { stdio: "ignore" });
  const shown = execFileSync("dropbearkey", ["-y", "-f", hostKey]).toString();
  const publicKey = /^ssh-ed25519 \S+/m.exec(shown)?.[0] ?? "";
  const args = ["-F", "-E", "-r", hostKey, "-p", `127.0.0.1:${asset.port}`, "-P", `${hostKey}.pid`];
  const child = await startChild("dropbear", args, {
    ready: /Not backgrounding/,
    env: {
      LD_PRELOAD: NSS_WRAPPER,
      NSS_WRAPPER_PASSWD: passwd,
      NSS_WRAPPER_GROUP: path.join(folder, "group"),
    },
  });
  writeFileSync(`${hostKey}.pub`, `${publicKey}\n`);
  const fingerprint = fingerprintOf(`${hostKey}.pub`);
  return { asset: { ...asset, fingerprint }, stop: () => child.stop() };
}

async function prepare(folder: string): Promise<SshAsset> {
  const home = path.join(folder, "home");
  mkdirSync(home, { recursive: true });
  for (const name of ["host", "client"]) makeKey(path.join(folder, name));
  return {
    port: await freePort(),
    fingerprint: fingerprintOf(path.join(folder, "host.pub")),
    user: userInfo().username,
    privateKey: readFileSync(path.join(folder, "client"), "utf8"),
    home,
  };
}

function makeKey(file: string): void {
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file];
  execFileSync("ssh-keygen", args, { stdio: "ignore" });
}

function fingerprintOf(file: string): string {
  const [, fingerprint = ""] = execFileSync("ssh-keygen", ["-lf", file]).toString().split(" ");
  return fingerprint;
}

/** These servers take no port 0: the chance that somebody else takes it meanwhile is small. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
