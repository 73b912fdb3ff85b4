/** More clients of SSH that others wrote, each through the whole road to OpenSSH's server. */

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../kit/child.ts";
import { found, testWith } from "../kit/programs.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const PYTHON = "/usr/bin/python3";
const ASYNCSSH = "/usr/lib/python3/dist-packages/asyncssh";

/** Far larger than all others together: where it is not installed, the guard's own test stands for it. */
const testRclone = test.skipIf(!["rclone", "ssh-keygen", SSHD].every(found));

/** With `there/large` and a hundred small files at the asset. */
async function road(): Promise<SshRoad> {
  const asset = await startSshd(temporaryFolder());
  mkdirSync(path.join(asset.home, "there"));
  writeFileSync(path.join(asset.home, "there/large"), randomBytes(1_500_001));
  for (let n = 0; n < 100; n++) writeFileSync(path.join(asset.home, `there/${n}`), `file ${n}\n`);
  const to = await sshRoad(asset, "- { name: all, permit: [configure, transfer] }");
  // Libraries want some key to offer; nobody asks whose it is.
  const args = ["-q", "-t", "ed25519", "-N", "", "-f", path.join(to.here, "key")];
  execFileSync("ssh-keygen", args, { stdio: "ignore" });
  return to;
}

function sum(...parts: readonly string[]): string {
  return createHash("sha256")
    .update(readFileSync(path.join(...parts)))
    .digest("hex");
}

testWith(["curl", "ssh-keygen", SSHD])("curl gets and puts by SFTP and by scp", async () => {
  const to = await road();
  const key = path.join(to.here, "key");
  const common = ["-sS", "--insecure", "-u", "any:", "--key", key, "--pubkey", `${key}.pub`];
  for (const scheme of ["sftp", "scp"]) {
    const at = `${scheme}://127.0.0.1:${to.conduit.port}${to.asset.home}`;
    const got = path.join(to.here, scheme);
    const down = await runProgram("curl", [...common, `${at}/there/large`, "-o", got]);
    expect(down).toMatchObject({ code: 0, stderr: "" });
    expect(sum(got)).toBe(sum(to.asset.home, "there/large"));
    const up = await runProgram("curl", [...common, "-T", got, `${at}/${scheme}`]);
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(sum(to.asset.home, scheme)).toBe(sum(got));
  }
});

testWith(["lftp", "ssh", SSHD])("lftp mirrors there and back, four files at a time", async () => {
  const to = await road();
  const program = ["ssh", "-a", "-x", ...OPENSSH].join(" ");
  const [home, here] = [to.asset.home, path.join(to.here, "mirror")];
  const script = [
    ...["set net:max-retries 1", "set net:timeout 60", "set sftp:auto-confirm yes"],
    `set sftp:connect-program "${program}"`,
    `open -u any, -p ${to.conduit.port} sftp://127.0.0.1`,
    ...[`mirror -P 4 ${home}/there ${here}`, `mirror -R -P 4 ${here} ${home}/back`, "bye"],
  ];
  const ran = await runProgram("lftp", ["--norc", "-c", script.join("; ")]);
  expect(ran.code).toBe(0);
  for (const name of ["large", "0", "99"]) {
    expect(sum(home, "back", name)).toBe(sum(home, "there", name));
  }
});

testWith(["sftp", SSHD])("packets of 250,000 bytes, as russh has them, go whole", async () => {
  const to = await road();
  const there = path.join(to.asset.home, "there/large");
  const [here, back] = [path.join(to.here, "large"), path.join(to.asset.home, "back")];
  const args = [...OPENSSH, "-P", String(to.conduit.port), "-B", "250000", "-b", "-", HOST];
  const input = `get ${there} ${here}\nput ${here} ${back}\n`;
  expect(await runProgram("sftp", args, { input })).toMatchObject({ code: 0 });
  expect(sum(here)).toBe(sum(there));
  expect(sum(back)).toBe(sum(there));
});

testRclone("rclone, which sends more than it writes, copies whole files", async () => {
  const to = await road();
  const remote = ["--sftp-host", "127.0.0.1", "--sftp-port", String(to.conduit.port)];
  const key = ["--sftp-user", "any", "--sftp-key-file", path.join(to.here, "key")];
  const run = (from: string, there: string) =>
    runProgram("rclone", [
      ...["--config", "/dev/null", "--retries", "1", ...remote, ...key],
      ...["--sftp-shell-type", "none", "copy", from, there],
    ]);
  const [home, here] = [to.asset.home, path.join(to.here, "copy")];
  expect((await run(`:sftp:${home}/there`, here)).code).toBe(0);
  expect((await run(here, `:sftp:${home}/back`)).code).toBe(0);
  for (const name of ["large", "0", "99"]) {
    expect(sum(home, "back", name)).toBe(sum(home, "there", name));
  }
});

testWith([PYTHON, ASYNCSSH, SSHD])("asyncssh asks for thousands of things at once", async () => {
  const to = await road();
  const script = path.join(to.here, "script.py");
  writeFileSync(script, ASKS_AT_ONCE);
  const args = ["-W", "ignore", script, String(to.conduit.port), to.asset.home];
  const ran = await runProgram(PYTHON, args);
  expect(ran.stderr).toBe("");
  expect(ran.output.trim().split("\n")).toEqual(["stats 1000", "written", "commands 20", "no way"]);
  const written = readFileSync(path.join(to.asset.home, "pieces"));
  expect(written.equals(Buffer.alloc(200_000, "x"))).toBe(true);
});

const ASKS_AT_ONCE = `
import asyncio, asyncssh, sys
port, home = int(sys.argv[1]), sys.argv[2]
async def main():
    options = dict(username='any', known_hosts=None, client_keys=None, agent_path=None, config=None)
    async with asyncssh.connect('127.0.0.1', port, **options) as there:
        async with there.start_sftp_client() as files:
            names = [home + f'/there/{n % 100}' for n in range(1000)]
            print('stats', len(await asyncio.gather(*[files.stat(name) for name in names])))
            one = await files.open(home + '/pieces', 'wb')
            await asyncio.gather(*[one.write(b'x' * 1000, n * 1000) for n in range(200)])
            await one.close()
            print('written')
        ran = await asyncio.gather(*[there.run(f'echo {n}') for n in range(20)])
        print('commands', len([one for one in ran if one.exit_status == 0]))
        try: await there.forward_remote_port('', 0, '127.0.0.1', 22)
        except Exception: print('no way')
asyncio.run(main())
`;
