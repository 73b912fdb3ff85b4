/** Sessions over SSH on memory legs: what is kept back, and that the tape says which it was. */
import { expect, test } from "vitest";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import type { SshMessage } from "../../protocols/ssh/message.ts";
import {
  encodeNamed,
  encodeOpen,
  encodeReply,
  encodeWrite,
} from "../../protocols/ssh/sftp/encode.ts";
import { PACKET } from "../../protocols/ssh/sftp/packet.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import {
  type ChannelSession,
  data,
  openChannel,
  PTY,
  request,
  rerunChannel,
  text,
} from "../../test/kit/ssh-session.ts";

const CAUSE = { rule: "test", reason: "enough" };

function typed({ heard }: ChannelSession): string {
  return heard()
    .filter((each): each is SshMessage & { kind: "data" } => each.kind === "data")
    .map(({ bytes }) => Buffer.from(bytes).toString())
    .join("");
}

async function ended({ session }: ChannelSession): Promise<void> {
  session.live.end(CAUSE);
  await session.live.closed;
}

test("of keys under one decision the one that was kept back is the one that the tape names", async () => {
  const kit = await SessionKit.start();
  const shell = await openChannel(kit, PTY, request("shell"));
  shell.says(data("a"));
  await kit.until(() => typed(shell) === "a", "the first key");
  kit.volume.hold();
  shell.says(data("b"));
  shell.session.live.freeze(CAUSE);
  kit.volume.release();
  shell.session.live.resume(CAUSE);
  shell.says(data("c"));
  await kit.until(() => typed(shell) === "ac", "the third key");
  await ended(shell);
  const events = shell.session.ofKind("event").map(({ event }) => event);
  expect(events).toContainEqual({ kind: "withheld", decision: 2, send: 5 });
  expect(rerunChannel(shell.session)).toMatchObject({ difference: undefined, left: [] });
});

test("keys that still wait for the disk die with the session, and the tape comes out the same", async () => {
  const kit = await SessionKit.start();
  const shell = await openChannel(kit, PTY, request("shell"));
  shell.says(data("a"), data("b"));
  await kit.until(() => typed(shell) === "ab", "two keys");
  kit.volume.hold();
  shell.says(data("c"), data("d"), data("e"));
  shell.session.live.end(CAUSE);
  kit.volume.release();
  await shell.session.live.closed;
  expect(typed(shell)).toBe("ab");
  expect(rerunChannel(shell.session)).toMatchObject({ difference: undefined, left: [] });
});

test("reads of one opening that wait when rights are lost are told apart from those that left", async () => {
  const kit = await SessionKit.start();
  const files = await openChannel(kit, request("subsystem", text("sftp")));
  const handle = new FieldWriter().uint32(1).plain();
  const packet = (bytes: Uint8Array) => files.says(data(bytes));
  const reply = (bytes: Uint8Array) => files.answers(data(bytes));
  packet(new FieldWriter().uint8(PACKET.init).uint32(3).framed());
  await files.session.sent(3);
  reply(encodeReply({ kind: "version", version: 3 }, 0));
  packet(encodeOpen(1, encodeUtf8("/srv/a"), 2 | 8, {}));
  await files.session.sent(4);
  const name = { name: encodeUtf8("/srv/a"), long: encodeUtf8(""), attributes: {} };
  reply(encodeReply({ kind: "name", id: 1, entries: [name] }, 1));
  await files.session.sent(5);
  reply(encodeReply({ kind: "handle", id: 2, handle: encodeUtf8("h") }, 2));
  // What was opened is looked at again.
  await files.session.sent(8);
  reply(encodeReply({ kind: "name", id: 3, entries: [name] }, 3));
  for (const id of [4, 5]) reply(encodeReply({ kind: "attrs", id, attributes: { size: 3 } }, id));
  packet(encodeWrite(2, handle, 0, encodeUtf8("abc")));
  await files.session.sent(9);
  // Two that need no further decision, and are answered out of their order.
  packet(encodeNamed(PACKET.fstat, 3, handle));
  await files.session.sent(10);
  kit.volume.hold();
  packet(encodeNamed(PACKET.fstat, 4, handle));
  reply(encodeReply({ kind: "attrs", id: 7, attributes: { size: 3 } }, 7));
  files.session.live.lease(["observe"], CAUSE);
  kit.volume.release();
  await ended(files);
  expect(files.session.asset.written).toHaveLength(10);
  expect(rerunChannel(files.session)).toMatchObject({ difference: undefined, left: [] });
});
