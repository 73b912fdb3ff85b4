import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldWriter } from "./field-writer.ts";
import { SshGuard } from "./guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "./message.ts";

const NOTHING = new Uint8Array(0);

/** An old scp that takes files, at an asset where everything is permitted. */
function sink(command: string) {
  const driver = new GuardDriver(new SshGuard(), ({ items }) =>
    items.map(() => ({ kind: "permit" })),
  );
  const says = (from: "client" | "asset", ...messages: readonly SshMessage[]) => {
    for (const message of messages) driver.bytes(from, encodeMessage(message));
  };
  const rest = new FieldWriter().string(encodeUtf8(command)).plain();
  says("client", { kind: "open", type: "session", rest: NOTHING });
  says("client", { kind: "request", name: "exec", wantReply: true, rest });
  says("asset", { kind: "open-confirmation" }, { kind: "success" });
  return {
    driver,
    sends: (bytes: Uint8Array | string) =>
      says("client", { kind: "data", bytes: Buffer.from(bytes as string) }),
    /** Data alone, as Latin-1. */
    heard: (to: "client" | "asset") =>
      driver
        .sent(to)
        .map(({ bytes }) => cutMessage(bytes))
        .map((cut) =>
          cut.kind === "frame" && cut.frame.kind === "data" ? cut.frame.bytes : NOTHING,
        )
        .map((bytes) => Buffer.from(bytes).toString("latin1"))
        .join(""),
  };
}

test.each([
  ["a tab", Buffer.from("C0644 3 a\tb\n")],
  ["an escape sequence", Buffer.from("C0644 3 \x1b[31m\n")],
  ["bytes that are no UTF-8", Buffer.from("C0644 3 a\xff\n", "latin1")],
  ["a folder whose name has a tab", Buffer.from("D0755 0 a\tb\n")],
])("a name with %s is refused, and the file after it is carried", (_, record) => {
  const { driver, sends, heard } = sink("scp -r -t /srv");
  sends(record);
  expect(heard("client")).toBe("\x01Sallyport: a name that is no plain text is not carried\n");
  expect(heard("asset")).toBe("");
  sends("C0644 2 ok\n");
  sends("hi\0");
  expect(heard("asset")).toBe("C0644 2 ok\nhi\0");
  expect(driver.violations).toEqual([]);
});

test.each([
  ["leads elsewhere", "C0644 3 ../a\n"],
  ["leads elsewhere, in no plain text", "C0644 3 ..\t/a\n"],
  ["has no size", "C0644 x a\t\n"],
])("a record that %s ends the channel", (_, record) => {
  const { driver, sends, heard } = sink("scp -t /srv");
  sends(record);
  expect(driver.violations).toHaveLength(1);
  expect(heard("asset")).toBe("");
});
