import { once } from "node:events";
import { promisify } from "node:util";
import ssh2, { type SFTPWrapper } from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SshSwitch, SWITCH_LOGIN, startSshSwitch } from "./ssh-switch.ts";

const { WRITE, CREAT, TRUNC } = ssh2.utils.sftp.OPEN_MODE;

const client = new ssh2.Client();
let device: SshSwitch;
let sftp: SFTPWrapper;

beforeAll(async () => {
  device = await startSshSwitch(0);
  const { user: username, password } = SWITCH_LOGIN;
  client.connect({ host: "127.0.0.1", port: device.port, username, password });
  await once(client, "ready");
  sftp = await promisify(client.sftp.bind(client))();
});

afterAll(async () => {
  client.end();
  await device.close();
});

async function put(path: string, flags: number, pieces: readonly Buffer[]) {
  const handle: Buffer = await promisify<string, number, Buffer>(sftp.open.bind(sftp))(path, flags);
  let offset = 0;
  for (const piece of pieces) {
    const at = offset;
    await new Promise<void>((resolve, reject) => {
      sftp.write(handle, piece, 0, piece.length, at, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    offset += piece.length;
  }
  return handle;
}

test("a file is written over as scp does it: not emptied before, cut at its end after", async () => {
  await put("/config/over.cfg", WRITE | CREAT | TRUNC, [Buffer.from("a long line of before")]);
  const handle = await put("/config/over.cfg", WRITE | CREAT, [Buffer.from("short")]);
  expect(device.files.get("/config/over.cfg")?.toString()).toBe("shortg line of before");
  await promisify<Buffer, { size: number }, void>(sftp.fsetstat.bind(sftp))(handle, { size: 5 });
  expect(device.files.get("/config/over.cfg")?.toString()).toBe("short");
});

test("what is written in many pieces is whole, also behind a cut", async () => {
  const pieces = Array.from({ length: 40 }, (_, n) => Buffer.alloc(1_000, n + 1));
  const handle = await put("/config/grown.cfg", WRITE | CREAT | TRUNC, pieces);
  expect(device.files.get("/config/grown.cfg")?.equals(Buffer.concat(pieces))).toBe(true);
  const resize = promisify<Buffer, { size: number }, void>(sftp.fsetstat.bind(sftp));
  await resize(handle, { size: 1_500 });
  await resize(handle, { size: 2_000 });
  const zeros = Buffer.alloc(500);
  const left = Buffer.concat([...pieces.slice(0, 1), Buffer.alloc(500, 2), zeros]);
  expect(device.files.get("/config/grown.cfg")?.equals(left)).toBe(true);
});

test("a file is opened for reading, for writing or both, and for nothing else", async () => {
  await expect(put("/config/none.cfg", CREAT, [])).rejects.toThrow("Failure");
});
