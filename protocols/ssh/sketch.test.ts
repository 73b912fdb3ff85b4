import fc from "fast-check";
import { test } from "vitest";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import { expectTranscript } from "../../test/kit/transcript.ts";
import type { Operation } from "../guard.ts";
import { encode, KIND, type SshOperation, SshSketch } from "./sketch.ts";

const subject = {
  create: () => new SshSketch(),
  describe: (operation: Operation) => {
    const item = operation as SshOperation;
    return item.action === "ssh:open"
      ? `${item.action} ${item.channelType}`
      : `${item.action} ${item.command}`;
  },
};

test("a command runs in its channel while a forward beside it is refused", () => {
  expectTranscript(
    subject,
    `
    # open 0 "session", opened
    client > 000e 01 00000000 73657373696f6e
    decide   ssh:open session
    verdict  permit
    asset  < 000e 01 00000000 73657373696f6e
    asset  > 0007 0b 00000000
    client < 0007 0b 00000000
    # exec "ls", success
    client > 0009 02 00000000 6c73
    decide   ssh:exec ls
    verdict  permit
    asset  < 0009 02 00000000 6c73
    asset  > 0007 0d 00000000
    outcome  2 done
    client < 0007 0d 00000000
    # open 1 "direct-tcpip": administratively prohibited
    client > 0013 01 00000001 6469726563742d7463706970
    decide   ssh:open direct-tcpip
    verdict  deny operation
    client < 0008 0c 00000001 01
    # data both ways under the decision of the exec
    client > 0008 03 00000000 41
    asset  < 0008 03 00000000 41
    asset  > 0008 03 00000000 42
    client < 0008 03 00000000 42
  `,
  );
});

test("a held exec does not keep another channel from working", () => {
  expectTranscript(
    subject,
    `
    client > 0008 01 00000000 73
    decide   ssh:open s
    verdict  permit
    asset  < 0008 01 00000000 73
    asset  > 0007 0b 00000000
    client < 0007 0b 00000000
    client > 0008 02 00000000 72
    decide   ssh:exec r
    verdict  hold
    client > 0008 01 00000001 73
    decide   ssh:open s
    verdict  permit
    asset  < 0008 01 00000001 73
    settle   2 deny operation
    client < 0007 0e 00000000
  `,
  );
});

test("an asset that confirms an exec which is still held ends the connection", () => {
  expectTranscript(
    subject,
    `
    client > 0008 01 00000000 73
    decide   ssh:open s
    verdict  permit
    asset  < 0008 01 00000000 73
    asset  > 0007 0b 00000000
    client < 0007 0b 00000000
    client > 0008 02 00000000 72
    decide   ssh:exec r
    verdict  hold
    asset  > 0007 0d 00000000
    violation asset message 13 answers nothing
  `,
  );
});

test("data of the asset in a channel whose exec nobody permitted ends the connection", () => {
  expectTranscript(
    subject,
    `
    client > 0008 01 00000000 73
    decide   ssh:open s
    verdict  permit
    asset  < 0008 01 00000000 73
    asset  > 0007 0b 00000000
    client < 0007 0b 00000000
    asset  > 0008 03 00000000 42
    violation asset message 3 answers nothing
  `,
  );
});

const request = fc
  .tuple(fc.constantFrom(KIND.open, KIND.open, KIND.exec, KIND.data), fc.nat(20))
  .map(([kind, channel]) => encode(kind, channel, Uint8Array.of(65)));

guardProperties({
  name: "SSH sketch",
  create: subject.create,
  client: fc.oneof({ weight: 9, arbitrary: request }, fc.uint8Array({ maxLength: 20 })),
  request,
  reply: (sent) => {
    const kind = sent[2] === KIND.open ? KIND.opened : KIND.success;
    return encode(kind, sent[6] ?? 0, new Uint8Array(0));
  },
  requestOf: () => 0,
  retainedMax: 150_000,
  runs: 50,
});
