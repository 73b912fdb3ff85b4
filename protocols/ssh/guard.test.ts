import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer, Operation } from "../guard.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldWriter } from "./field-writer.ts";
import { SshGuard } from "./guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "./message.ts";
import type { SshOperation } from "./operation.ts";

const PERMIT: Answer = { kind: "permit" };
const DENY: Answer = { kind: "deny", refusal: "operation" };
const HOLD: Answer = { kind: "hold" };
const NOTHING = new Uint8Array(0);

type Judge = (operation: SshOperation) => Answer;

/** A guard between a client and an asset that both speak in messages. */
function channel(judge: Judge) {
  const asked: SshOperation[] = [];
  const driver = new GuardDriver(new SshGuard(), ({ items }) =>
    items.map((item: Operation) => {
      asked.push(item as SshOperation);
      return judge(item as SshOperation);
    }),
  );
  const heard = { client: 0, asset: 0 };
  const sent = (to: "client" | "asset") => {
    const all = driver.sent(to).map(({ bytes }) => {
      const cut = cutMessage(bytes);
      if (cut.kind !== "frame") throw new Error(`sent ${cut.kind}`);
      return cut.frame;
    });
    const news = all.slice(heard[to]);
    heard[to] = all.length;
    return news;
  };
  const says = (from: "client" | "asset", ...messages: readonly SshMessage[]) => {
    for (const message of messages) driver.bytes(from, encodeMessage(message));
  };
  return { driver, asked, sent, says };
}

const open: SshMessage = { kind: "open", type: "session", rest: NOTHING };
const terminal = new FieldWriter().name("xterm").uint32(80).uint32(24).uint32(0).uint32(0);
const pty = request("pty-req", terminal.string(NOTHING).plain());

function request(name: string, rest: Uint8Array = NOTHING): SshMessage {
  return { kind: "request", name, wantReply: true, rest };
}

function exec(command: string): SshMessage {
  return request("exec", new FieldWriter().string(encodeUtf8(command)).plain());
}

function data(text: string): SshMessage {
  return { kind: "data", bytes: encodeUtf8(text) };
}

const confirmed = [{ kind: "open-confirmation" }, { kind: "success" }] as const;

function running(judge: Judge, start: SshMessage = request("shell")) {
  const made = channel(judge);
  made.says("client", open, pty, start);
  made.says("asset", ...confirmed);
  made.sent("client");
  made.sent("asset");
  return made;
}

test("the asset hears of a channel only when something permitted starts on it", () => {
  const { says, sent, asked } = channel(() => PERMIT);
  says("client", open, pty);
  expect(sent("client").map(({ kind }) => kind)).toEqual(["open-confirmation", "success"]);
  expect(sent("asset")).toEqual([]);
  says("client", exec("show version"));
  expect(asked).toEqual([{ action: "ssh:exec", class: "configure", command: "show version" }]);
  expect(sent("asset")).toMatchObject([
    { kind: "open", type: "session" },
    { kind: "request", name: "pty-req", wantReply: false },
    { kind: "request", name: "exec", wantReply: true },
  ]);
  says("asset", ...confirmed);
  expect(sent("client")).toEqual([{ kind: "success" }]);
});

test("a refused command is told in words, and the channel lives on", () => {
  const { says, sent } = channel(({ action }) => (action === "ssh:exec" ? DENY : PERMIT));
  says("client", open, exec("reload"));
  const [, words, answer] = sent("client");
  expect(words?.kind).toBe("extended-data");
  expect(answer).toEqual({ kind: "failure" });
  says("client", request("shell"));
  expect(sent("asset")).toHaveLength(2);
});

test.each([
  "direct-tcpip",
  "direct-streamlocal@openssh.com",
  "tun@openssh.com",
  "x11",
  "made-up@example",
])("a channel of the type %s is never carried, whatever the profile says", (type) => {
  const { says, sent, asked } = channel(() => PERMIT);
  says("client", { kind: "open", type, rest: NOTHING });
  expect(asked).toMatchObject([{ name: type }]);
  expect(sent("client")).toMatchObject([{ kind: "open-failure", reason: 1 }]);
  expect(sent("asset")).toEqual([]);
});

test.each(["auth-agent-req@openssh.com", "x11-req"])("%s in a channel is refused", (name) => {
  const { says, sent, asked } = running(() => PERMIT);
  says("client", request(name));
  expect(asked.at(-1)).toMatchObject({ action: "ssh:forward", name });
  expect(sent("client")).toEqual([{ kind: "failure" }]);
  expect(sent("asset")).toEqual([]);
});

test("a forwarding asked for on the connection names where it would have gone", () => {
  const { says, sent, asked } = channel(() => DENY);
  const rest = new FieldWriter().name("0.0.0.0").uint32(2_222).plain();
  says("client", { kind: "global-request", name: "tcpip-forward", wantReply: true, rest });
  expect(asked).toMatchObject([{ action: "ssh:forward", to: "0.0.0.0:2222" }]);
  expect(sent("client")).toEqual([{ kind: "request-failure" }]);
});

test("what is typed is decided once, and carried under that decision", () => {
  const { says, sent, asked } = running(() => PERMIT);
  says("client", data("s"), data("h"));
  expect(asked.filter(({ action }) => action === "ssh:input")).toHaveLength(1);
  expect(sent("asset")).toEqual([data("s"), data("h")]);
});

test("a view-only terminal shows what the asset says and drops what is typed", () => {
  const { says, sent } = running(({ action }) => (action === "ssh:input" ? DENY : PERMIT));
  says("client", data("reload\r"), data("y"));
  says("asset", data("switch>"));
  expect(sent("asset")).toEqual([]);
  expect(sent("client").map(({ kind }) => kind)).toEqual(["extended-data", "data"]);
});

test("refused input is asked for again when rights change", () => {
  let may: Answer = DENY;
  const { says, sent, driver } = running(({ action }) => (action === "ssh:input" ? may : PERMIT));
  says("client", data("a"));
  may = PERMIT;
  const capabilities = new Set(["observe", "configure"] as const);
  driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
  says("client", data("b"));
  expect(sent("asset")).toEqual([data("b")]);
});

test("a held command keeps back what the client sends after it, and goes when it is agreed to", () => {
  const { says, sent, driver } = channel(({ action }) => (action === "ssh:exec" ? HOLD : PERMIT));
  says("client", open, exec("reload"), { kind: "eof" });
  expect(sent("asset")).toEqual([]);
  driver.settle(1, PERMIT);
  expect(sent("asset").map(({ kind }) => kind)).toEqual(["open", "request"]);
  says("asset", ...confirmed);
  expect(sent("asset")).toEqual([{ kind: "eof" }]);
});

test("a variable goes along only if it was permitted", () => {
  const pair = (name: string) => new FieldWriter().name(name).string(encodeUtf8("1")).plain();
  const { says, sent } = channel((operation) =>
    operation.action === "ssh:env" && operation.name === "LD_PRELOAD" ? DENY : PERMIT,
  );
  says("client", open, request("env", pair("LD_PRELOAD")), request("env", pair("LANG")));
  says("client", request("shell"));
  expect(sent("asset").filter((m) => m.kind === "request" && m.name === "env")).toHaveLength(1);
});

test("the exit of a program reaches the client, then the end of the channel", () => {
  const { says, sent, driver } = running(() => PERMIT);
  const status = new FieldWriter().uint32(3).plain();
  says("asset", data("bye"), { kind: "eof" });
  says("asset", { kind: "request", name: "exit-status", wantReply: false, rest: status });
  says("asset", { kind: "close" });
  expect(sent("client").map(({ kind }) => kind)).toEqual(["data", "eof", "request", "close"]);
  expect(driver.violations).toEqual([]);
});

test.each<[string, "client" | "asset", SshMessage]>([
  ["data before anything runs", "client", data("x")],
  ["a reply to nothing", "asset", { kind: "success" }],
  ["an answer sent by the client", "client", { kind: "open-confirmation" }],
])("%s ends the channel", (_, from, message) => {
  const { says, driver } = channel(() => PERMIT);
  says("client", open);
  says(from, message);
  expect(driver.violations).toHaveLength(1);
});

test("bulk whose bytes stay goes on where it lies, also when it comes in pieces", () => {
  const all = ["some of it ".repeat(700), "and more"].map(data).map(encodeMessage);
  const bytes = Buffer.concat(all);
  const through = (inputStays: boolean, from: "client" | "asset", pieces: readonly number[]) => {
    const guard = new SshGuard();
    guard.inputStays = inputStays;
    const driver = new GuardDriver(guard, ({ items }) => items.map(() => PERMIT));
    for (const message of [open, exec("cat")]) driver.bytes("client", encodeMessage(message));
    for (const message of confirmed) driver.bytes("asset", encodeMessage(message));
    driver.bytes("client", encodeMessage(data("first")));
    const sent: Uint8Array[] = [];
    let at = 0;
    for (const end of [...pieces, bytes.length]) {
      const effects = guard.step({
        kind: "bytes",
        from,
        bytes: Buffer.from(bytes.subarray(at, end)),
      });
      for (const effect of effects) if (effect.kind === "send") sent.push(effect.bytes);
      at = end;
    }
    return Buffer.concat(sent);
  };
  for (const from of ["client", "asset"] as const) {
    for (const pieces of [[], [3], [5_000], [7_712, 7_720]]) {
      expect(through(true, from, pieces)).toEqual(bytes);
      expect(through(false, from, pieces)).toEqual(bytes);
    }
  }
});

test("a stream that lost some of its bytes does not go on, a terminal does", () => {
  const stream = channel(() => PERMIT);
  stream.says("client", open, exec("cat > image.bin"));
  stream.says("asset", ...confirmed);
  stream.says("client", data("first"), data("second"));
  stream.driver.feed({ kind: "event", event: { kind: "withheld", decision: 2 } });
  stream.says("client", data("third"));
  expect(stream.sent("asset").filter(({ kind }) => kind === "data")).toHaveLength(2);
  expect(stream.sent("client").at(-1)?.kind).toBe("close");

  const typed = running(() => PERMIT);
  typed.says("client", data("a"));
  typed.driver.feed({ kind: "event", event: { kind: "withheld", decision: 2 } });
  typed.driver.feed({ kind: "event", event: { kind: "withheld", decision: 2 } });
  typed.says("client", data("b"));
  expect(typed.sent("asset").map(({ kind }) => kind)).toEqual(["data", "data"]);
  expect(typed.sent("client").map(({ kind }) => kind)).toEqual(["extended-data"]);
});

test("a stream whose right is lost in the middle ends, and none of the rest passes later", () => {
  let may: Answer = PERMIT;
  const { says, sent, driver } = channel(({ action }) => (action === "ssh:input" ? may : PERMIT));
  says("client", open, exec("cat > image.bin"));
  says("asset", ...confirmed);
  says("client", data("first"));
  may = DENY;
  const capabilities = new Set(["configure"] as const);
  driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
  says("client", data("second"));
  expect(sent("client").at(-1)?.kind).toBe("close");
});

test("a size told before anything runs is the size in which it begins", () => {
  const { says, sent } = channel(() => PERMIT);
  const size = new FieldWriter().uint32(120).uint32(40).uint32(0).uint32(0).plain();
  says("client", open, pty, request("window-change", size), request("shell"));
  const wanted = new FieldWriter().name("xterm").raw(size).string(NOTHING).plain();
  expect(sent("asset")[1]).toMatchObject({ name: "pty-req", rest: wanted });
});

test("a request that wants an answer gets one, also while something runs", () => {
  let may: Answer = PERMIT;
  const { says, sent, driver } = channel(({ action }) => (action === "ssh:input" ? may : PERMIT));
  const size = new FieldWriter().uint32(120).uint32(40).uint32(0).uint32(0).plain();
  const signal = (name: string) => request("signal", new FieldWriter().name(name).plain());
  says("client", open, request("window-change", size), pty, request("window-change", size));
  says("client", request("shell"));
  says("asset", ...confirmed);
  const before = ["open-confirmation", "failure", "success", "success", "success"];
  expect(sent("client").map(({ kind }) => kind)).toEqual(before);
  says("client", request("window-change", size), signal("INT"), request("shell"));
  const after = ["success", "success", "failure"];
  expect(sent("client").map(({ kind }) => kind)).toEqual(after);
  may = DENY;
  const capabilities = new Set(["configure"] as const);
  driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
  says("client", signal("INT"), signal("TERM"));
  const told = ["extended-data", "failure", "failure"];
  expect(sent("client").map(({ kind }) => kind)).toEqual(told);
});

test("a signal that is none is refused, and never reaches the asset", () => {
  const { says, sent, asked } = running(() => PERMIT);
  says("client", request("signal", new FieldWriter().name("SIGNONE").plain()));
  says("client", request("signal", new Uint8Array(3)));
  expect(asked.map(({ action }) => action)).toContain("ssh:other");
  expect(sent("client").map(({ kind }) => kind)).toEqual(["failure", "failure"]);
  expect(sent("asset")).toEqual([]);
});
