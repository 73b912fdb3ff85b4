/** Content of a write, which is looked at where it lies until it is decided. */
import { expect, test } from "vitest";
import { GuardDriver } from "../../../test/kit/guard-driver.ts";
import { answerTo } from "../../../test/kit/sftp-site.ts";
import { encodeUtf8 } from "../../tape/utf8.ts";
import { FieldWriter } from "../field-writer.ts";
import { SshGuard } from "../guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../message.ts";
import type { SshOperation } from "../operation.ts";
import { encodeOpen, encodeWrite } from "./encode.ts";
import { cutRequest, PACKET, type SftpRequest } from "./packet.ts";

const WRITE_NEW = 2 | 8 | 16;
const OURS = Uint8Array.of(0, 0, 0, 1);
const LENGTH = 32_768;

function channel() {
  const driver = new GuardDriver(new SshGuard(), ({ items }) =>
    (items as readonly SshOperation[]).map((item) =>
      item.action === "file:write" && item.size !== undefined
        ? { kind: "hold" }
        : { kind: "permit" },
    ),
  );
  const requests: SftpRequest[] = [];
  let seen = 0;
  /** The asset answers what it is asked, as one whose files all exist. */
  const settle = () => {
    for (let all = driver.sent("asset"); seen < all.length; all = driver.sent("asset")) {
      const cut = cutMessage(all[seen++]?.bytes ?? new Uint8Array(0));
      if (cut.kind !== "frame") throw new Error(`sent ${cut.kind}`);
      if (cut.frame.kind !== "data") continue;
      const packet = cutRequest(cut.frame.bytes);
      if (packet.kind !== "frame") throw new Error(`sent a packet that is ${packet.kind}`);
      requests.push(packet.frame);
      says("asset", { kind: "data", bytes: answerTo(packet.frame, {}) });
    }
  };
  const says = (from: "client" | "asset", ...messages: readonly SshMessage[]) => {
    for (const message of messages) driver.bytes(from, encodeMessage(message));
    settle();
  };
  const name = new FieldWriter().string(encodeUtf8("sftp")).plain();
  says("client", { kind: "open", type: "session", rest: new Uint8Array(0) });
  says("client", { kind: "request", name: "subsystem", wantReply: true, rest: name });
  says("asset", { kind: "open-confirmation" }, { kind: "success" });
  const sftp = (...packets: readonly Uint8Array[]) =>
    says("client", ...packets.map((bytes) => ({ kind: "data", bytes }) as const));
  sftp(new FieldWriter().uint8(PACKET.init).uint32(3).framed());
  return { driver, requests, sftp, settle };
}

test("what a person decides on is written as it came, whatever came behind it meanwhile", () => {
  const { driver, requests, sftp, settle } = channel();
  sftp(encodeOpen(1, encodeUtf8("/srv/a"), WRITE_NEW, {}));
  const write = (n: number) =>
    encodeWrite(10 + n, OURS, n * LENGTH, new Uint8Array(LENGTH).fill(65 + n));
  const all = [0, 1, 2, 3, 4, 5].map(write);
  const stream = new Uint8Array(all.length * (all[0]?.length ?? 0));
  all.forEach((packet, n) => {
    stream.set(packet, n * packet.length);
  });
  // As OpenSSH's client cuts it: no message begins where a packet does.
  for (let at = 0; at < stream.length; at += LENGTH) sftp(stream.slice(at, at + LENGTH));
  const writes = () => requests.filter(({ kind }) => kind === "write");
  for (let n = 0; n < all.length; n++) {
    expect(writes()).toHaveLength(n);
    const [held = 0] = driver.held.keys();
    driver.settle(held, { kind: "permit" });
    settle();
    const data = new Uint8Array(LENGTH).fill(65 + n);
    expect(writes()[n]).toMatchObject({ offset: n * LENGTH, data });
  }
  expect(driver.violations).toEqual([]);
});
