/** What foreign clients move is on the recording by its digest, whole or as the part that it is. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { isSshOperation, type PassedOperation } from "../../protocols/ssh/operation.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { takenOut } from "../kit/taken-out.ts";
import { temporaryFolder } from "../kit/temporary.ts";

/** As large as the files of these tests, and no larger. */
const SIZE = 1_200_345;
const EVERYTHING = `- { name: all, permit: [transfer], keep-max: ${SIZE} }`;
const WITHIN_MS = 120_000;

/** A road, a file of some packets on this side, and its digest. */
async function road() {
  const to = await sshRoad(await startSshd(temporaryFolder()), EVERYTHING);
  const file = path.join(to.here, "firmware.bin");
  const content = randomBytes(SIZE);
  writeFileSync(file, content);
  return { to, file, content, digest: createHash("sha256").update(content).digest("hex") };
}

/** Ends the road: its recording is whole then. */
async function passed({ conduit, recordings }: SshRoad): Promise<readonly PassedOperation[]> {
  await conduit.stop();
  const all = (await recorded(recordings)).flat();
  return all.flatMap((record) =>
    record.kind === "verdict"
      ? record.items.flatMap(({ operation }) =>
          isSshOperation(operation) && operation.action === "file:passed" ? [operation] : [],
        )
      : [],
  );
}

function run(command: string, ...args: readonly string[]) {
  return runProgram(command, args, { withinMs: WITHIN_MS });
}

testWith(["scp", "sftp", SSHD])(
  "scp, old and new, and sftp: up and down, and what was resumed is a part",
  async () => {
    const { to, file, content, digest } = await road();
    const options = [...OPENSSH, "-P", String(to.conduit.port)];
    const there = `${HOST}:${to.asset.home}`;
    for (const mode of ["-s", "-O"]) {
      expect(await run("scp", ...options, mode, file, `${there}/up${mode}`)).toMatchObject({
        code: 0,
      });
      const got = await run("scp", ...options, mode, `${there}/up${mode}`, `${file}${mode}`);
      expect(got).toMatchObject({ code: 0 });
      expect(readFileSync(`${file}${mode}`).equals(content)).toBe(true);
    }
    writeFileSync(`${file}.half`, content.subarray(0, 600_000));
    const batch = ["-b", "-", HOST];
    const resumed = await runProgram("sftp", [...options, ...batch], {
      input: `reget ${to.asset.home}/up-s ${file}.half\n`,
      withinMs: WITHIN_MS,
    });
    expect(resumed).toMatchObject({ code: 0 });
    const size = content.length;
    const rest = createHash("sha256").update(content.subarray(600_000)).digest("hex");
    const found = await passed(to);
    const told = found.map(({ via, way, extent, size: bytes, digest: sum, offset }) => {
      return { via, way, extent, size: bytes, digest: sum, offset };
    });
    const whole = { extent: "whole", size, digest, offset: undefined } as const;
    expect(told).toEqual(
      expect.arrayContaining([
        ...(["up", "down"] as const).map((way) => ({ via: "sftp", way, ...whole })),
        ...(["up", "down"] as const).map((way) => ({ via: "scp", way, ...whole })),
        {
          ...{ via: "sftp", way: "down", extent: "part" },
          ...{ size: size - 600_000, digest: rest, offset: 600_000 },
        },
      ]),
    );
    expect(told).toHaveLength(5);
  },
  300_000,
);

testWith(["curl", SSHD])(
  "curl by sftp://, which reads no further than the size it was told",
  async ({ skip }) => {
    const { output } = await run("curl", "--version");
    if (!/ sftp( |$)/m.test(output)) skip("this curl speaks no SFTP");
    const { to, file, content, digest } = await road();
    const url = `sftp://127.0.0.1:${to.conduit.port}${to.asset.home}/curl.bin`;
    const curl = ["-sS", "-k", "-u", "any:"];
    expect(await run("curl", ...curl, "-T", file, url)).toMatchObject({ code: 0 });
    expect(await run("curl", ...curl, "-o", `${file}.back`, url)).toMatchObject({ code: 0 });
    expect(readFileSync(`${file}.back`).equals(content)).toBe(true);
    const whole = { via: "sftp", extent: "whole", size: content.length, digest };
    expect((await passed(to)).toSorted((a, b) => (a.way < b.way ? 1 : -1))).toMatchObject([
      { way: "up", ...whole },
      { way: "down", ...whole },
    ]);
  },
  300_000,
);

testWith(["scp", "sftp", SSHD])(
  "what a rule keeps comes out of the recording as it passed, and nothing larger",
  async () => {
    const { to, file, content } = await road();
    const larger = `${file}.larger`;
    writeFileSync(larger, randomBytes(SIZE + 1));
    const options = [...OPENSSH, "-P", String(to.conduit.port)];
    const there = `${HOST}:${to.asset.home}`;
    // Several at once on one channel, and one the old way.
    const batch = [`put ${file} one`, `put ${larger} larger`, `get one ${file}.back`].join("\n");
    const ran = await runProgram("sftp", [...options, "-b", "-", HOST], {
      input: `${batch}\n`,
      withinMs: WITHIN_MS,
    });
    expect(ran).toMatchObject({ code: 0 });
    expect(await run("scp", ...options, "-O", file, `${there}/old`)).toMatchObject({ code: 0 });
    await to.conduit.stop();
    const files = await takenOut(to.recordings);
    expect(files.get("up larger")).toBeUndefined();
    expect(files.has("up larger")).toBe(true);
    for (const name of ["up one", "down one", "up old"]) {
      expect(Buffer.from(files.get(name) ?? []).equals(content), name).toBe(true);
    }
  },
  300_000,
);
