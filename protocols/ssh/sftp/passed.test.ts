/** What passes over SFTP and the old scp is told with its digest when it is closed. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Asked } from "../../asking.ts";
import type { Operation, Side } from "../../guard.ts";
import { plainHash } from "../../http/parts.ts";
import { encodeUtf8 } from "../../tape/utf8.ts";
import { FieldWriter } from "../field-writer.ts";
import type { SshOperation } from "../operation.ts";
import { parseScp } from "../scp-command.ts";
import { ScpFilter } from "../scp-filter.ts";
import type { FilterHost, StreamFilter } from "../stream-filter.ts";
import {
  encodeNamed,
  encodeOpen,
  encodeRead,
  encodeReply,
  encodeWithAttributes,
  encodeWrite,
} from "./encode.ts";
import { cutRequest, PACKET, type SftpReply, type SftpRequest } from "./packet.ts";
import { SftpFilter } from "./sftp-filter.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const CONTENT = Uint8Array.from({ length: 1_000 }, (_, n) => n * 7);
const PATH = encodeUtf8("/srv/a");
const HANDLE = Uint8Array.of(0, 0, 0, 1);

interface Site {
  readonly passed: Operation[];
  from(side: Side, bytes: Uint8Array): void;
}

function host(passed: Operation[], toAsset: (bytes: Uint8Array) => void): FilterHost {
  let decision = 0;
  return {
    ask(items: readonly Operation[], then: Asked) {
      const told = (items as readonly SshOperation[]).filter(
        ({ action }) => action === "file:passed",
      );
      passed.push(...told);
      // Whatever is answered to what is only told, the transfer goes on.
      if (told.length > 0) then.denied();
      else then.permitted(++decision);
    },
    toAsset,
    ...{ toClient: () => {}, outcome: () => {}, refused: () => {}, newHash: plainHash },
    violate: (_, reason) => expect.fail(reason),
  };
}

function drive(filter: StreamFilter): Site["from"] {
  return (side, bytes) => {
    filter.push(side, bytes);
    while (filter.take("client") || filter.take("asset"));
  };
}

/** An asset that has CONTENT under every path, and closes only what it was asked to close. */
function sftpSite(writes: { readonly fail?: boolean } = {}) {
  const passed: Operation[] = [];
  const waiting: SftpRequest[] = [];
  const filter = new SftpFilter(
    1,
    host(passed, (bytes) => {
      const cut = cutRequest(bytes);
      if (cut.kind === "frame") waiting.push(cut.frame);
    }),
  );
  const from = drive(filter);
  const closed: SftpRequest[] = [];
  const answerOne = (request: SftpRequest) => {
    if (request.kind === "init") {
      return from("asset", encodeReply({ kind: "version", version: 3 }, 0));
    }
    if (request.kind === "close") closed.push(request);
    from("asset", encodeReply(replyTo(request, writes.fail === true), request.id));
  };
  const settle = (order: (requests: SftpRequest[]) => SftpRequest[] = (same) => same) => {
    while (waiting.length > 0) for (const request of order(waiting.splice(0))) answerOne(request);
  };
  from("client", new FieldWriter().uint8(PACKET.init).uint32(3).framed());
  settle();
  const open = (flags: number) => {
    from("client", encodeOpen(1, PATH, flags, {}));
    settle();
  };
  const send = (...packets: readonly Uint8Array[]) => {
    for (const packet of packets) from("client", packet);
  };
  const close = () => {
    send(encodeNamed(PACKET.close, 99, HANDLE));
    settle();
  };
  return { passed, closed, filter, open, send, settle, close };
}

function replyTo(request: Exclude<SftpRequest, { kind: "init" }>, fail: boolean): SftpReply {
  const status = (code: number) => ({ kind: "status", id: 0, code, text: "" }) as const;
  switch (request.kind) {
    case "realpath": {
      const entry = { name: request.path, long: request.path, attributes: {} };
      return { kind: "name", id: 0, entries: [entry] };
    }
    case "open":
      return { kind: "handle", id: 0, handle: encodeUtf8("of the asset") };
    case "read": {
      const data = CONTENT.subarray(request.offset, request.offset + request.length);
      return data.length === 0 ? status(1) : { kind: "data", id: 0, data };
    }
    case "stat":
    case "lstat":
    case "fstat":
      return { kind: "attrs", id: 0, attributes: { size: CONTENT.length } };
    default:
      return status(fail && request.kind === "write" ? 4 : 0);
  }
}

const READ = 1;
const WRITE_NEW = 2 | 8 | 16;
const WRITE_INTO = 2 | 8;
const read = (offset: number) => encodeRead(offset + 2, HANDLE, offset, 250);
const write = (offset: number, until = offset + 250) =>
  encodeWrite(offset + 2, HANDLE, offset, CONTENT.subarray(offset, until));
const WHOLE = { extent: "whole", size: 1_000, digest: sha256(CONTENT) };

test("a file that is read to its end, many reads at a time, is told with its digest", () => {
  const { passed, closed, open, send, settle, close } = sftpSite();
  open(READ);
  send(read(0), read(250), read(500), read(750), read(1_000));
  settle(([first, ...others]) => (first ? [first, ...others.reverse()] : []));
  expect(passed).toEqual([]);
  close();
  expect(passed).toEqual([
    { action: "file:passed", class: "observe", via: "sftp", way: "down", path: "/srv/a", ...WHOLE },
  ]);
  expect(closed).toHaveLength(1);
});

test("one whose size was asked for before is whole without a read behind its end", () => {
  const { passed, open, send, settle, close } = sftpSite();
  send(encodeNamed(PACKET.stat, 5, PATH));
  settle();
  open(READ);
  send(read(0), read(250), read(500), read(750));
  settle();
  close();
  expect(passed).toMatchObject([{ way: "down", ...WHOLE }]);
});

test("nor need it be asked for before the file is opened", () => {
  const { passed, open, send, settle, close } = sftpSite();
  open(READ);
  send(encodeNamed(PACKET.stat, 5, PATH));
  settle();
  send(encodeRead(6, HANDLE, 0, 1_000));
  settle();
  close();
  expect(passed).toMatchObject([{ way: "down", ...WHOLE }]);
});

test("one that is read from its middle on, or here and there, says so", () => {
  const resumed = sftpSite();
  resumed.open(READ);
  resumed.send(read(250), read(500));
  resumed.settle();
  resumed.close();
  const digest = sha256(CONTENT.subarray(250, 750));
  expect(resumed.passed).toMatchObject([{ extent: "part", offset: 250, size: 500, digest }]);
  const scattered = sftpSite();
  scattered.open(READ);
  scattered.send(read(500), read(0));
  scattered.settle();
  scattered.close();
  expect(scattered.passed).toMatchObject([{ extent: "pieces", size: 500 }]);
});

test("what is sent as a new file, or over another whose size is then set, is whole", () => {
  const fresh = sftpSite();
  fresh.open(WRITE_NEW);
  fresh.send(write(0), write(250), write(500), write(750));
  fresh.settle();
  fresh.close();
  expect(fresh.passed).toMatchObject([{ way: "up", path: "/srv/a", ...WHOLE }]);
  const over = sftpSite();
  over.open(WRITE_INTO);
  over.send(write(0, 1_000), encodeWithAttributes(PACKET.fsetstat, 9, HANDLE, { size: 1_000 }));
  over.settle();
  over.close();
  expect(over.passed).toMatchObject([{ way: "up", ...WHOLE }]);
});

test("over what was there, or where the asset stored less, nobody claims a whole file", () => {
  const into = sftpSite();
  into.open(WRITE_INTO);
  into.send(write(0, 1_000));
  into.settle();
  into.close();
  expect(into.passed).toMatchObject([{ extent: "part", size: 1_000, digest: sha256(CONTENT) }]);
  const failed = sftpSite({ fail: true });
  failed.open(WRITE_NEW);
  failed.send(write(0, 1_000));
  failed.settle();
  failed.close();
  expect(failed.passed).toMatchObject([{ extent: "pieces", size: 1_000 }]);
});

test("what is still open when the channel ends is told then, and once", () => {
  const { filter, open, send, settle } = sftpSite();
  open(WRITE_NEW);
  send(write(0));
  settle();
  const digest = sha256(CONTENT.subarray(0, 250));
  expect(filter.left()).toMatchObject([{ way: "up", size: 250, digest }]);
  expect(filter.left()).toEqual([]);
});

test("the old scp tells what it carried both ways, and what it did not finish", () => {
  const up = scpSite("scp -t /srv/in.bin");
  up.from("client", encodeUtf8("C0644 1000 in.bin\n"));
  up.from("client", CONTENT);
  expect(up.passed).toEqual([]);
  up.from("client", Uint8Array.of(0));
  expect(up.passed).toMatchObject([
    { via: "scp", way: "up", path: "/srv/in.bin", target: "/srv/in.bin/in.bin", ...WHOLE },
  ]);
  const down = scpSite("scp -f /srv/out.bin");
  down.from("asset", encodeUtf8("C0644 1000 out.bin\n"));
  down.from("asset", CONTENT.subarray(0, 400));
  const digest = sha256(CONTENT.subarray(0, 400));
  expect(down.filter.left()).toMatchObject([{ way: "down", extent: "part", size: 400, digest }]);
});

function scpSite(command: string): Site & { readonly filter: ScpFilter } {
  const scp = parseScp(command);
  if (!scp) throw new Error(command);
  const passed: Operation[] = [];
  const filter = new ScpFilter(
    scp,
    1,
    host(passed, () => {}),
  );
  return { passed, filter, from: drive(filter) };
}
