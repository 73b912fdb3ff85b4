/** PuTTY's tools and paramiko through the whole road to OpenSSH's server. */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { startDropbear, startSshd } from "../kit/ssh-assets.ts";
import { type SshRoad, sshRoad } from "../kit/ssh-road.ts";
import { NSS_WRAPPER, SFTP_SERVER, SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EVERYTHING = "- { name: all, permit: [configure, transfer] }";
const PYTHON = "/usr/bin/python3";
const PARAMIKO = "/usr/lib/python3/dist-packages/paramiko";
const testPutty = testWith(["plink", "pscp", "psftp", "ssh-keygen", SSHD]);

async function road(rules = EVERYTHING): Promise<SshRoad> {
  return sshRoad(await startSshd(temporaryFolder()), rules);
}

/** PuTTY wants to know the host key beforehand, in batches. */
async function hostKeyOf({ conduit }: SshRoad): Promise<string> {
  const probe = ["-batch", "-P", String(conduit.port), "any@127.0.0.1", "true"];
  const { output } = await runProgram("plink", probe);
  return /SHA256:[\w+/]+/.exec(output)?.[0] ?? "";
}

async function putty(to: SshRoad, program: string, args: readonly string[], input = "") {
  const key = await hostKeyOf(to);
  const common = ["-batch", "-hostkey", key, "-P", String(to.conduit.port)];
  // Its files are looked for in HOME.
  const env = { HOME: to.here };
  return runProgram(program, [...common, ...args], { input, env });
}

testPutty("plink runs a command and a shell", async () => {
  const to = await road();
  const ran = await putty(to, "plink", ["any@127.0.0.1", "echo out; echo err >&2; exit 7"]);
  expect(ran).toMatchObject({ code: 7 });
  expect(ran.output).toContain("out\n");
  const typed = await putty(to, "plink", ["-t", "any@127.0.0.1"], "echo typed; exit 4\n");
  expect(typed.code).toBe(4);
  expect(typed.output).toContain("typed");
});

testPutty("plink's forwarding opens no way", async () => {
  const to = await road();
  const ran = await putty(to, "plink", [...["-nc", `127.0.0.1:${to.asset.port}`, "any@127.0.0.1"]]);
  expect(ran.output).not.toContain("SSH-2.0");
});

testPutty("pscp copies both ways, by SFTP and by scp", async () => {
  const to = await road();
  const file = path.join(to.here, "a.bin");
  writeFileSync(file, randomBytes(400_000));
  for (const mode of ["-sftp", "-scp"]) {
    const there = `any@127.0.0.1:${to.asset.home}/copy${mode}`;
    expect(await putty(to, "pscp", [mode, file, there])).toMatchObject({ code: 0 });
    expect(await putty(to, "pscp", [mode, there, `${file}${mode}`])).toMatchObject({ code: 0 });
    expect(readFileSync(`${file}${mode}`)).toEqual(readFileSync(file));
  }
});

testPutty("psftp works on files, and is refused in words where no rule permits it", async () => {
  const to = await road('- { name: look, permit: transfer, actions: ["file:list"] }');
  const file = path.join(to.here, "a.bin");
  writeFileSync(file, "a");
  const commands = `cd ${to.asset.home}\nls\nput ${file} there\nquit\n`;
  const ran = await putty(to, "psftp", ["-be", "any@127.0.0.1"], commands);
  expect(ran.output).toContain("Listing directory");
  expect(ran.output).toMatch(/permission denied/i);
  expect(existsSync(path.join(to.asset.home, "there"))).toBe(false);
});

const PARAMIKO_CLIENT = `
import paramiko, socket, sys, threading
port, home = int(sys.argv[1]), sys.argv[2]
t = paramiko.Transport(("127.0.0.1", port))
t.connect()
t.auth_none("any")

c = t.open_session(); c.exec_command("cat"); 
c.sendall(b"half"); c.shutdown_write()
print("half-close", c.recv(99), c.recv_exit_status())

c = t.open_session(); c.get_pty("xterm", 100, 30); c.resize_pty(120, 40); c.exec_command("stty size")
print("size", c.recv(99))

s = paramiko.SFTPClient.from_transport(t)
with s.file(home + "/p.txt", "wb") as f:
    f.set_pipelined(True)
    for n in range(64): f.write(bytes([n]) * 32768)
print("size", s.stat(home + "/p.txt").st_size)
# overlapping and out of order
with s.file(home + "/o.txt", "wb") as f:
    f.seek(10); f.write(b"B" * 10); f.seek(0); f.write(b"A" * 12)
print("order", s.file(home + "/o.txt").read())
for name, what in [
    ("posix-rename", lambda: s.posix_rename(home + "/p.txt", home + "/q.txt")),
    ("exec in a name", lambda: s.open(home + "/a\\nb", "w")),
    ("utime", lambda: s.utime(home + "/p.txt", (1, 2))),
]:
    try: what(); print(name, "done")
    except IOError as e: print(name, "refused", e)
target, link = home + "/o.txt", home + "/hard.txt"
attributes = paramiko.SFTPAttributes(); attributes.st_mode = 0o777
handle = s.open(target).handle
for name, fields in [
    ("statvfs@openssh.com", [target]), ("fstatvfs@openssh.com", [handle]),
    ("posix-rename@openssh.com", [target, link]), ("hardlink@openssh.com", [target, link]),
    ("fsync@openssh.com", [handle]), ("lsetstat@openssh.com", [target, attributes]),
    ("limits@openssh.com", []), ("expand-path@openssh.com", ["~root"]),
    ("copy-data", [handle, "0000000000000000", handle, "00000000"]),
    ("home-directory", ["root"]), ("users-groups-by-id@openssh.com", ["0", "0"]),
    ("check-file", [target]), ("vendor-id", ["x"]), ("exec@example.com", ["touch " + link]),
]:
    try: s._request(paramiko.sftp.CMD_EXTENDED, name, *fields); print("extended", name, "done")
    except IOError as e: print("extended", name, "refused")
for kind, dest in [("direct-tcpip", ("127.0.0.1", 22)), ("x11", None), ("unknown@example.com", None)]:
    try:
        t.open_channel(kind, dest, ("127.0.0.1", 1)); print(kind, "opened")
    except Exception as e: print(kind, "refused")
print("alive", t.is_active())
t.close()
`;

testWith([PYTHON, PARAMIKO, SSHD])(
  "paramiko half-closes, resizes, seeks and is refused",
  async () => {
    const to = await road();
    const script = path.join(to.here, "client.py");
    writeFileSync(script, PARAMIKO_CLIENT);
    const { output } = await runProgram(PYTHON, [script, String(to.conduit.port), to.asset.home]);
    expect(output).toContain("half-close b'half' 0");
    expect(output).toContain("40 120");
    expect(output).toContain("size 2097152");
    expect(output).toContain(`order b'${"A".repeat(12)}${"B".repeat(8)}'`);
    expect(output).toContain("posix-rename refused");
    expect(output).toContain("exec in a name refused");
    expect(output).toContain("direct-tcpip refused");
    expect(output).toContain("x11 refused");
    expect(output).toContain("unknown@example.com refused");
    const asked = output.split("\n").filter((line) => line.startsWith("extended "));
    expect(asked).toHaveLength(14);
    expect(asked.filter((line) => !line.endsWith(" refused"))).toEqual([]);
    expect(existsSync(path.join(to.asset.home, "hard.txt"))).toBe(false);
    expect(output).toContain("alive True");
  },
);

const OUT_OF_THE_TREE = `
import paramiko, sys
port, home = int(sys.argv[1]), sys.argv[2]
t = paramiko.Transport(("127.0.0.1", port))
t.connect()
t.auth_none("any")
s = paramiko.SFTPClient.from_transport(t)
tree = home + "/in"
own = tree + "/own.txt"
def put(name, text):
    with s.open(name, "w") as f: f.write(text)
put(own, "own")
for name, what in [
    ("a link out", lambda: s.symlink("/etc/passwd", tree + "/out")),
    ("a link up", lambda: s.symlink("../secret.txt", tree + "/up.txt")),
    ("a link to the tree from outside", lambda: s.symlink(own, home + "/own.txt")),
    ("a renaming out", lambda: s.rename(own, home + "/own.txt")),
    ("a renaming through a link", lambda: s.rename(own, tree + "/away/own.txt")),
    ("a renaming in", lambda: s.rename(home + "/secret.txt", tree + "/got.txt")),
    ("reading through a link", lambda: s.open(tree + "/away/secret.txt").read()),
    ("cutting through a link", lambda: s.truncate(tree + "/away/secret.txt", 0)),
    ("a mode through a link", lambda: s.chmod(tree + "/away/secret.txt", 0o777)),
    ("an owner", lambda: s.chown(home + "/secret.txt", 0, 0)),
    ("times outside", lambda: s.utime(home + "/secret.txt", (1, 2))),
    ("a folder outside", lambda: s.mkdir(tree + "/away/new")),
    ("removing through a link", lambda: s.remove(tree + "/away/secret.txt")),
    ("where a link leads", lambda: print("leads", s.normalize(tree + "/away/secret.txt")) or 1/0),
    ("what a link says", lambda: s.readlink(home + "/in/../in/away/secret.txt")),
    ("a path with a nought", lambda: s.open(own + chr(0) + "/../../secret.txt").read()),
]:
    try: what(); print(name, "done")
    except (IOError, ZeroDivisionError): print(name, "refused")
s.symlink(own, tree + "/inner.txt")
print("inner", s.open(tree + "/inner.txt").read())
s.chmod(own, 0o6755)
print("mode", oct(s.stat(own).st_mode & 0o7777))
t.close()
`;

const SERVERS = { "OpenSSH's server": startSshd, Dropbear: startDropbear } as const;

testWith([PYTHON, PARAMIKO, SSHD, "dropbear", NSS_WRAPPER, SFTP_SERVER]).each(
  Object.entries(SERVERS),
)(
  "on %s nothing leads out of the tree that a rule names, however it is asked for",
  async (_, start) => {
    const asset = await start(temporaryFolder());
    mkdirSync(path.join(asset.home, "in"));
    symlinkSync(asset.home, path.join(asset.home, "in/away"));
    const secret = path.join(asset.home, "secret.txt");
    writeFileSync(secret, "secret", { mode: 0o640 });
    const before = statSync(secret);
    const to = await sshRoad(
      asset,
      `- { name: tree, permit: transfer, paths: ["${asset.home}/in/**"] }`,
    );
    const script = path.join(to.here, "client.py");
    writeFileSync(script, OUT_OF_THE_TREE);
    const { output } = await runProgram(PYTHON, [script, String(to.conduit.port), asset.home]);
    expect(output.match(/^.* done$/gm) ?? []).toEqual([]);
    expect(output.match(/^.* refused$/gm)).toHaveLength(16);
    // Answered as it is written: where a link leads out is not told.
    expect(output).toContain(`leads ${asset.home}/in/away/secret.txt`);
    expect(output).toContain("inner b'own'");
    expect(output).toContain("mode 0o755");
    const { mode, mtimeMs, uid, size } = statSync(secret);
    expect({ mode, mtimeMs, uid, size }).toMatchObject({
      mode: before.mode,
      mtimeMs: before.mtimeMs,
    });
    expect(readdirSync(asset.home)).not.toContain("new");
    expect(readdirSync(path.join(asset.home, "in")).sort()).toEqual([
      "away",
      "inner.txt",
      "own.txt",
    ]);
  },
);
