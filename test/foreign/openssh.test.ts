/** OpenSSH's clients through the whole road to OpenSSH's server. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { expect } from "vitest";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, ssh, sshRoad } from "../kit/ssh-road.ts";
import { freePort, SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EVERYTHING = "- { name: all, permit: [configure, transfer] }";
const testOpenSsh = testWith(["ssh", "sftp", "scp", SSHD]);

async function road(rules = EVERYTHING, more: readonly string[] = []): Promise<SshRoad> {
  return sshRoad(await startSshd(temporaryFolder(), more), rules);
}

function sftp({ conduit }: SshRoad, ...commands: readonly string[]) {
  const args = [...OPENSSH, "-P", String(conduit.port), "-b", "-", HOST];
  return runProgram("sftp", args, { input: `${commands.join("\n")}\n` });
}

function scp({ conduit }: SshRoad, ...args: readonly string[]) {
  return runProgram("scp", [...OPENSSH, "-P", String(conduit.port), ...args]);
}

testOpenSsh("a command runs, its output, its errors and its exit status come back", async () => {
  const to = await road();
  const ran = await ssh(to, HOST, "echo out; echo err >&2; exit 7");
  expect(ran).toMatchObject({ code: 7, stderr: "err\n" });
  expect(ran.output).toContain("out\n");
});

testOpenSsh("what a signal ended says so", async () => {
  const to = await road();
  const ran = await ssh(to, HOST, "kill -TERM $$");
  expect(ran.code).toBe(255);
});

testOpenSsh("input goes through whole, and its end is heard at the other side", async () => {
  const to = await road();
  const bytes = randomBytes(3_000_000);
  const wanted = createHash("sha256").update(bytes).digest("hex");
  const ran = await runProgram(
    "ssh",
    [...OPENSSH, "-p", String(to.conduit.port), HOST, "sha256sum"],
    { input: bytes },
  );
  expect(ran).toMatchObject({ code: 0, output: expect.stringContaining(wanted) });
});

testOpenSsh("output goes through whole while input is long over", async () => {
  const to = await road();
  const ran = await ssh(to, "-n", HOST, "head -c 5000000 /dev/zero | tr '\\\\0' x; exit 3");
  expect(ran.code).toBe(3);
  expect(ran.output).toHaveLength(5_000_000);
});

testOpenSsh("a terminal has its size and its name, and a shell reads what is typed", async () => {
  const to = await road();
  const args = [...OPENSSH, "-tt", "-p", String(to.conduit.port), HOST];
  const env = { TERM: "xterm-256color" };
  const ran = await runProgram("ssh", args, { input: "echo $TERM; stty size; exit 5\n", env });
  expect(ran.code).toBe(5);
  expect(ran.output).toContain("xterm-256color");
});

testOpenSsh(
  "new and old scp copy there and back, folders too",
  async () => {
    const to = await road();
    const file = path.join(to.here, "a file.bin");
    writeFileSync(file, randomBytes(1_500_000), { mode: 0o640 });
    mkdirSync(path.join(to.here, "tree/deep"), { recursive: true });
    writeFileSync(path.join(to.here, "tree/deep/leaf.txt"), "leaf\n");
    for (const mode of [["-s"], ["-O"]]) {
      const there = `${HOST}:${to.asset.home}`;
      const back = path.join(to.here, `back${mode[0]}`);
      expect(await scp(to, ...mode, "-p", file, `${there}/copy.bin`)).toMatchObject({ code: 0 });
      expect(readFileSync(path.join(to.asset.home, "copy.bin"))).toEqual(readFileSync(file));
      expect(await scp(to, ...mode, `${there}/copy.bin`, back)).toMatchObject({ code: 0 });
      expect(readFileSync(back)).toEqual(readFileSync(file));
      const folder = path.join(to.here, "tree");
      expect(await scp(to, ...mode, "-r", folder, `${there}/${mode[0]}`)).toMatchObject({
        code: 0,
      });
      expect(readFileSync(path.join(to.asset.home, `${mode[0]}/deep/leaf.txt`), "utf8")).toBe(
        "leaf\n",
      );
    }
  },
  120_000,
);

testOpenSsh("sftp lists, makes, puts, gets, renames and removes", async () => {
  const to = await road();
  const file = path.join(to.here, "recipe.txt");
  writeFileSync(file, "chlorine 0.4\n");
  const done = await sftp(
    to,
    ...["mkdir in", `put ${file} in/recipe.txt`, "ls -l in", "pwd"],
    ...["rename in/recipe.txt in/r.txt", `get in/r.txt ${to.here}/back.txt`],
    ...["df -h .", "rm in/r.txt", "rmdir in"].filter((line) => !line.startsWith("df")),
  );
  expect(done).toMatchObject({ code: 0 });
  expect(done.output).toContain("recipe.txt");
  expect(readFileSync(path.join(to.here, "back.txt"), "utf8")).toBe("chlorine 0.4\n");
  expect(existsSync(path.join(to.asset.home, "in"))).toBe(false);
});

testOpenSsh("nothing is forwarded from the client: -L, -W", async () => {
  const to = await road();
  const local = await freePort();
  const forward = ["-L", `${local}:127.0.0.1:${to.asset.port}`];
  const running = ssh(to, ...forward, HOST, "echo up; sleep 3");
  await expect.poll(() => greetingAt(local), { timeout: 8_000 }).toBe("closed");
  expect((await running).output).toContain("up\n");
  const through = await ssh(to, "-W", `127.0.0.1:${to.asset.port}`, HOST);
  expect(through.code).not.toBe(0);
  expect(through.output).not.toContain("SSH-2.0");
});

testOpenSsh("nothing is forwarded from the client by SOCKS: -D", async () => {
  const to = await road();
  const socks = await freePort();
  const running = ssh(to, "-D", String(socks), HOST, "echo up; sleep 3");
  const wanted = Buffer.from([4, 1, to.asset.port >> 8, to.asset.port & 255, 127, 0, 0, 1, 0]);
  await expect.poll(() => greetingAt(socks, wanted), { timeout: 8_000 }).toBe("closed");
  expect((await running).output).toContain("up\n");
});

testOpenSsh("nothing is forwarded from the asset: -R", async () => {
  const to = await road();
  const args = ["-R", "0:127.0.0.1:22", "-o", "ExitOnForwardFailure=yes"];
  const ran = await ssh(to, ...args, HOST, "echo through");
  expect(ran.code).not.toBe(0);
  expect(ran.output).not.toContain("through");
});

/** What a port says first; `closed` where it only closes. */
function greetingAt(port: number, first?: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    if (first) socket.write(first);
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.once("data", (bytes) => resolve(bytes.toString("latin1")));
    socket.once("close", () => resolve("closed"));
  });
}

testOpenSsh(
  "an agent, a display and a tunnel are refused, and the command runs without",
  async () => {
    const to = await road();
    const ran = await ssh(to, "-A", "-X", HOST, "echo agent=$SSH_AUTH_SOCK display=$DISPLAY");
    expect(ran.output).toContain("agent= display=\n");
    const tunnel = await ssh(to, "-w", "any", HOST, "true");
    expect(tunnel.code).not.toBe(127);
  },
);

testOpenSsh(
  "variables reach the asset only where a rule names it",
  async () => {
    const env = { PLANT_X: "set" };
    const args = (to: SshRoad) => [
      ...[...OPENSSH, "-o", "SendEnv=PLANT_X", "-p", String(to.conduit.port)],
      ...[HOST, "echo x=$PLANT_X"],
    ];
    const without = await road();
    expect((await runProgram("ssh", args(without), { env })).output).toContain("x=\n");
    const named = await road(
      `${EVERYTHING}\n- { name: env, permit: configure, actions: [ssh:env] }`,
    );
    expect((await runProgram("ssh", args(named), { env })).output).toContain("x=set\n");
  },
  120_000,
);

testOpenSsh("another subsystem is refused", async () => {
  const to = await road();
  const ran = await ssh(to, "-s", HOST, "netconf");
  expect(ran.code).not.toBe(0);
  expect(ran.output).toMatch(/Sallyport: netconf is not permitted/);
});

testWith(["ssh", "rsync", SSHD])("rsync is refused in words", async () => {
  const to = await road("- { name: files, permit: transfer }");
  const file = path.join(to.here, "a");
  writeFileSync(file, "a");
  const shell = ["ssh", ...OPENSSH, "-p", String(to.conduit.port)].join(" ");
  const ran = await runProgram("rsync", ["-e", shell, file, `${HOST}:${to.asset.home}/b`]);
  expect(ran.code).not.toBe(0);
  expect(ran.output).toMatch(/Sallyport: rsync --server .* is not permitted in this session/);
  expect(existsSync(path.join(to.asset.home, "b"))).toBe(false);
});

testOpenSsh("a second channel of one connection is decided like the first", async () => {
  const to = await road('- { name: one, permit: configure, commands: ["echo one"] }');
  const socket = path.join(to.here, "control");
  const shared = ["-o", `ControlPath=${socket}`, "-o", "ControlMaster=auto"];
  const master = [...shared, "-o", "ControlPersist=20"];
  // The master stays behind in the background: it must not hold the test's pipes.
  const started = await ssh(to, ...master, "-f", "-N", HOST);
  expect(started.code).toBe(0);
  const ran = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      ssh(to, ...shared, HOST, n % 2 === 0 ? "echo one" : "echo two"),
    ),
  );
  await ssh(to, ...shared, "-O", "exit", HOST);
  for (const [n, { output, code }] of ran.entries()) {
    if (n % 2 === 0) expect(output).toContain("one\n");
    else expect(code).not.toBe(0);
  }
});

testOpenSsh("keys are changed again and again under load, and nothing is lost", async () => {
  const to = await road();
  const bytes = randomBytes(2_000_000);
  const wanted = createHash("sha256").update(bytes).digest("hex");
  const args = [...OPENSSH, "-o", "RekeyLimit=64K", "-p", String(to.conduit.port)];
  const ran = await runProgram("ssh", [...args, HOST, "tee /dev/stderr | sha256sum"], {
    input: bytes,
    withinMs: 60_000,
  });
  expect(ran.output).toContain(wanted);
});

testOpenSsh("strict key exchange is on at both sides", async () => {
  const to = await road();
  const ran = await runProgram("ssh", [
    ...["-o", "LogLevel=DEBUG3", ...OPENSSH, "-p", String(to.conduit.port), HOST, "true"],
  ]);
  expect(ran.stderr).toContain("kex-strict-s-v00@openssh.com");
});

const TREE = `- name: tree
  permit: transfer
  paths: ["HOME/in/**"]`;

async function tree() {
  const asset = await startSshd(temporaryFolder());
  const inside = path.join(asset.home, "in");
  mkdirSync(inside);
  writeFileSync(path.join(asset.home, "secret.txt"), "secret\n");
  symlinkSync(asset.home, path.join(inside, "up"));
  symlinkSync(path.join(asset.home, "secret.txt"), path.join(inside, "link.txt"));
  symlinkSync(path.join(asset.home, "new.txt"), path.join(inside, "dangling"));
  writeFileSync(path.join(inside, "own.txt"), "own\n");
  return sshRoad(asset, TREE.replace("HOME", asset.home));
}

testOpenSsh.each([
  ["get in/link.txt OUT"],
  ["get in/up/secret.txt OUT"],
  ["get in/../secret.txt OUT"],
  ["get secret.txt OUT"],
  ["put OWN in/dangling"],
  ["put OWN in/up/new.txt"],
  ["put OWN in/../new.txt"],
  ["rename in/own.txt new.txt"],
  ["rename secret.txt in/new.txt"],
  ["chmod 777 in/link.txt"],
  ["chmod 777 secret.txt"],
  ["rm secret.txt"],
  ["rm in/up/secret.txt"],
  ["ln secret.txt in/new.txt"],
  ["mkdir new.txt"],
  ["ls ."],
])("out of the tree that a rule names leads nothing: %s", async (command) => {
  const to = await tree();
  const own = path.join(to.here, "own.txt");
  writeFileSync(own, "mine\n");
  const out = path.join(to.here, "out.txt");
  const ran = await sftp(to, command.replace("OUT", out).replace("OWN", own));
  expect(ran.code).not.toBe(0);
  expect(existsSync(out)).toBe(false);

  expect(existsSync(path.join(to.asset.home, "new.txt"))).toBe(false);
  expect(readFileSync(path.join(to.asset.home, "secret.txt"), "utf8")).toBe("secret\n");
});

testOpenSsh("a link out of the tree is a name in it and no way through it", async () => {
  const to = await tree();
  const ran = await sftp(to, "ls -l in/up/", "ls -l in/up/.", "ls in");
  expect(ran.output).not.toContain("secret.txt");
});

testOpenSsh("inside the tree everything works", async () => {
  const to = await tree();
  const own = path.join(to.here, "own.txt");
  writeFileSync(own, "mine\n");
  const ran = await sftp(
    to,
    ...["cd in", `put ${own} new.txt`, "chmod 600 new.txt", "rename new.txt other.txt", "ls -l"],
    ...[`get other.txt ${to.here}/back.txt`, "rm other.txt"],
  );
  expect(ran).toMatchObject({ code: 0 });
  expect(readFileSync(path.join(to.here, "back.txt"), "utf8")).toBe("mine\n");
});

testOpenSsh.each([
  ["a sub-shell", "scp -t /srv/$(touch OUT)"],
  ["a second command", "scp -t /srv/a; touch OUT"],
  ["another program", "/tmp/scp -t /srv/a"],
  ["both ways", "scp -t -f /srv/a"],
  ["a home of another", "scp -t ~root/a"],
  ["quotes", "scp -t '/srv/a b'"],
  ["an option of ssh", "scp -S /bin/sh -t a"],
])("an scp with %s is refused", async (_name, command) => {
  const to = await road("- { name: files, permit: transfer }");
  const out = path.join(to.here, "out");
  const ran = await ssh(to, HOST, command.replace("OUT", out));
  expect(ran.code).not.toBe(0);
  expect(existsSync(out)).toBe(false);
});

testOpenSsh("a terminal that may be looked at takes nothing that is typed", async () => {
  const to = await road("- { name: look, permit: configure, actions: [ssh:shell] }");
  const out = path.join(to.here, "typed");
  const args = [...OPENSSH, "-tt", "-p", String(to.conduit.port), HOST];
  const ran = await runProgram("ssh", args, { input: `touch ${out}\nexit\n`, withinMs: 4_000 });
  expect(ran.output).toContain("Sallyport: input is not permitted here now");
  expect(existsSync(out)).toBe(false);
});
