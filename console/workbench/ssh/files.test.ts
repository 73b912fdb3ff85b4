import { expect, test } from "vitest";
import { Inbox } from "../../../protocols/inbox.ts";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../../../protocols/ssh/message.ts";
import { encodeReply } from "../../../protocols/ssh/sftp/encode.ts";
import {
  cutRequest,
  type SftpReply,
  type SftpRequest,
  STATUS,
} from "../../../protocols/ssh/sftp/packet.ts";
import type { SideChannel, SideSink } from "../side-channel.ts";
import { bringFile, fetchFile, listFolder, plainName, safeName } from "./files.ts";
import { FileRefused, SftpClient } from "./sftp-client.ts";

type Answers = (request: SftpRequest) => SftpReply;

/** A channel whose other end answers as told; what it says comes a turn later, as over a network. */
function clientOf(answers: Answers) {
  const requests: SftpRequest[] = [];
  let sink: SideSink | undefined;
  const says = (message: SshMessage) =>
    queueMicrotask(() => sink?.bytes(encodeMessage(message), () => {}));
  const packets = new Inbox(1_000_000);
  const side = {
    send: (bytes: Uint8Array) => {
      const cut = cutMessage(bytes);
      if (cut.kind !== "frame") throw new Error("not a message");
      if (cut.frame.kind === "request") says({ kind: "success" });
      if (cut.frame.kind !== "data") return;
      packets.push(cut.frame.bytes);
      for (let one = packets.take(cutRequest); one.kind === "frame"; ) {
        requests.push(one.frame);
        const id = one.frame.kind === "init" ? 0 : one.frame.id;
        says({ kind: "data", bytes: encodeReply(answers(one.frame), id) });
        one = packets.take(cutRequest);
      }
    },
    close: () => {},
  } as unknown as SideChannel;
  const client = new SftpClient((opened) => {
    sink = opened;
    queueMicrotask(() => opened.opened(7));
    return side;
  });
  return { client, requests, says, close: () => sink?.closed({ rule: "cut", reason: "drill" }) };
}

const HANDLE: SftpReply = { kind: "handle", id: 0, handle: new Uint8Array([1]) };
const status = (code: number, text = ""): SftpReply => ({ kind: "status", id: 0, code, text });
const quiet = { signal: new AbortController().signal, bytes: () => {} };

/** A device with one file, which gives at most `most` bytes at a time. */
function device(content: Uint8Array, most = 32_768): Answers {
  return (request) => {
    if (request.kind === "init") return { kind: "version", version: 3 };
    if (request.kind === "open" || request.kind === "opendir") return HANDLE;
    if (request.kind !== "read") return status(STATUS.ok);
    const { offset, length } = request;
    const data = content.slice(offset, offset + Math.min(length, most));
    return data.length === 0 ? status(STATUS.eof) : { kind: "data", id: 0, data };
  };
}

test.each([32_768, 1_000, 1])(
  "a file comes whole from a device that gives %i bytes",
  async (most) => {
    const length = most === 1 ? 40 : 100_001;
    const content = Uint8Array.from({ length }, (_, n) => n % 251);
    const { client } = clientOf(device(content, most));
    await client.ready;
    const fetched = await fetchFile(client, "/logs/a", quiet);
    expect(new Uint8Array(await fetched.arrayBuffer())).toEqual(content);
  },
);

test("a file goes whole, in pieces, and its handle is closed", async () => {
  const { client, requests } = clientOf(device(new Uint8Array(0)));
  await client.ready;
  const progress: number[] = [];
  const content = new Blob([new Uint8Array(300_000).fill(7)]);
  await bringFile(client, "/config/a", content, { ...quiet, bytes: (n) => progress.push(n) });
  const written = requests.filter((request) => request.kind === "write");
  expect(written.reduce((sum, { data }) => sum + data.length, 0)).toBe(300_000);
  expect(progress.at(-1)).toBe(300_000);
  expect(requests.at(-1)?.kind).toBe("close");
});

test("a refusal of the broker is told with its rule, one of the asset with its words", async () => {
  const { client } = clientOf((request) =>
    request.kind === "init"
      ? { kind: "version", version: 3 }
      : status(STATUS.permissionDenied, "no entry"),
  );
  await client.ready;
  await expect(listFolder(client, "/a")).rejects.toThrow('does not permit it ("no entry")');
  client.decided({ verdict: "deny", rule: "look/logs", reason: "this rule denies it" });
  const refused = await listFolder(client, "/a").catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ message: "this rule denies it", rule: "look/logs" });
});

test("names of an asset lead nowhere: no path, no control characters, no line turned about", async () => {
  const names = ["a.txt", "../../etc/passwd", "evil\u202Etxt.exe", "\u001b[2J", "."];
  let told = false;
  const { client } = clientOf((request) => {
    if (request.kind === "init") return { kind: "version", version: 3 };
    if (request.kind === "opendir") return HANDLE;
    if (request.kind !== "readdir" || told) return status(STATUS.eof);
    told = true;
    const bytes = (text: string) => new TextEncoder().encode(text);
    const entries = names.map((name) => ({ name: bytes(name), long: bytes(""), attributes: {} }));
    return { kind: "name", id: 0, entries };
  });
  await client.ready;
  const listed = await listFolder(client, "/");
  expect(listed.map(({ shown }) => shown).sort()).toEqual(
    ["../../etc/passwd", "a.txt", "evil␦txt.exe", "␦[2J"].sort(),
  );
  expect(listed.find(({ shown }) => shown.startsWith(".."))?.name).toBeUndefined();
});

test.each([
  ["../../.bashrc", "__.._.bashrc"],
  ["a\u202Efdp.exe", "a_fdp.exe"],
  ["", "file"],
  ["con:trol\n", "con_trol_"],
])("what is saved on one's own computer has a plain name: %j", (name, wanted) => {
  expect(safeName(name)).toBe(wanted);
  expect(plainName("a\tb")).toBe("a␦b");
});

test("a lost channel fails what was under way, and nothing is asked on it again", async () => {
  const { client, close } = clientOf(() => ({ kind: "version", version: 3 }));
  await client.ready;
  close();
  await expect(listFolder(client, "/")).rejects.toBeInstanceOf(FileRefused);
  expect(client.isOver).toBe(true);
});

test("what does not parse ends the files", async () => {
  const { client, says } = clientOf(() => ({ kind: "version", version: 3 }));
  await client.ready;
  says({ kind: "data", bytes: new FieldWriter().uint32(0).uint8(0).plain() });
  await Promise.resolve();
  await Promise.resolve();
  expect(client.isOver).toBe(true);
});
