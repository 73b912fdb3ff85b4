import { expect, test } from "vitest";
import type { Answer, Effect } from "../../../protocols/guard.ts";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { SshGuard } from "../../../protocols/ssh/guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../../../protocols/ssh/message.ts";
import { type Program, TerminalDesk } from "./terminal-desk.ts";

const PERMIT: Answer = { kind: "permit" };
const DENY: Answer = { kind: "deny", refusal: "operation" };

/** A desk before the guard that the broker runs; this test is the screen and the asset. */
class Site {
  readonly asset: SshMessage[] = [];
  readonly detached: string[] = [];
  readonly screen = {
    size: { columns: 80, rows: 24 },
    text: "",
    endsLinesWithFeedAlone: false,
    write(bytes: Uint8Array | string, done?: () => void) {
      this.text += typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes);
      done?.();
    },
  };
  readonly desk: TerminalDesk;
  credited = 0;
  private guard = new SshGuard();
  private readonly answers: (action: string) => Answer;

  constructor(first: Program | undefined, answers: (action: string) => Answer = () => PERMIT) {
    this.answers = answers;
    this.desk = new TerminalDesk(this.screen, first);
    this.desk.connect({
      send: (bytes) => this.run(this.guard.step({ kind: "bytes", from: "client", bytes })),
      renew: () => this.attach(2),
      holding: () => undefined,
      detach: () => this.detached.push("main"),
      openSide: () => {
        throw new Error("a terminal has one channel");
      },
    });
  }

  attach(channel = 1): void {
    this.guard = new SshGuard();
    this.desk.attached(channel);
  }

  says(message: SshMessage): void {
    const bytes = encodeMessage(message);
    this.run(this.guard.step({ kind: "bytes", from: "asset", bytes }));
  }

  starts(): void {
    this.says({ kind: "open-confirmation" });
    this.says({ kind: "success" });
  }

  private run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "violation") throw new Error(effect.reason);
      if (effect.kind === "decide") this.decide(effect);
      if (effect.kind !== "send") continue;
      if (effect.to === "client") {
        this.desk.bytes(effect.bytes, () => {
          this.credited += effect.bytes.length;
        });
        continue;
      }
      const cut = cutMessage(effect.bytes);
      if (cut.kind === "frame") this.asset.push(cut.frame);
    }
  }

  private decide({ id, items }: Extract<Effect, { kind: "decide" }>): void {
    const action = items[0]?.action ?? "";
    const answer = this.answers(action);
    this.desk.decision({
      ...{ kind: "decision", channel: 1, request: id, action, sequence: 1 },
      ...{ verdict: answer.kind, rule: "profile/rule", reason: `about ${action}` },
    });
    this.run(this.guard.step({ kind: "answers", id, answers: [answer] }));
  }
}

const SHELL = { kind: "shell" } as const;
const bytesOf = (text: string) => new TextEncoder().encode(text);

test("a shell is started with a terminal of the screen's size, typed into and shown", () => {
  const site = new Site(SHELL);
  site.attach();
  expect(site.asset.map((message) => ("name" in message ? message.name : message.kind))).toEqual([
    "open",
    "pty-req",
    "shell",
  ]);
  site.starts();
  site.says({ kind: "data", bytes: bytesOf("switch# ") });
  site.desk.typed("sh ver\r");
  expect(site.desk.state()).toMatchObject({ phase: "running", program: SHELL });
  expect(site.screen.text).toBe("switch# ");
  expect(site.asset.at(-1)).toEqual({ kind: "data", bytes: bytesOf("sh ver\r") });
});

test("every byte that came is credited, whatever it was", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  site.says({ kind: "data", bytes: bytesOf("x".repeat(100)) });
  site.says({ kind: "close" });
  const messages: SshMessage[] = [
    { kind: "open-confirmation" },
    { kind: "success" },
    { kind: "data", bytes: bytesOf("x".repeat(100)) },
    { kind: "close" },
  ];
  const whole = messages.reduce((sum, message) => sum + encodeMessage(message).length, 0);
  expect(site.credited).toBe(whole);
});

test("a refused shell names the rule, and what may be run after it gets a channel of its own", () => {
  const site = new Site(SHELL, (action) => (action === "ssh:shell" ? DENY : PERMIT));
  site.attach();
  expect(site.desk.state()).toMatchObject({
    phase: "ended",
    refusal: { rule: "profile/rule", reason: "about ssh:shell" },
  });
  expect(site.detached).toEqual(["main"]);
  site.desk.run({ kind: "exec", command: "show version" });
  site.starts();
  site.says({ kind: "data", bytes: bytesOf("4.2.1\n") });
  const rest = new FieldWriter().uint32(3).plain();
  site.says({ kind: "request", name: "exit-status", wantReply: false, rest });
  site.says({ kind: "close" });
  expect(site.desk.state()).toMatchObject({ phase: "ended", end: "Ended with status 3." });
  expect(site.screen.endsLinesWithFeedAlone).toBe(true);
});

test("refused typing is view-only by its rule until it is permitted again", () => {
  const site = new Site(SHELL, (action) => (action === "ssh:input" ? DENY : PERMIT));
  site.attach();
  site.starts();
  site.desk.typed("reload\r");
  expect(site.desk.state()).toMatchObject({
    phase: "running",
    viewOnly: { rule: "profile/rule", reason: "about ssh:input" },
  });
  expect(site.asset.some(({ kind }) => kind === "data")).toBe(false);
});

test("after the network was away there is a new shell, and the terminal says so", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  site.desk.away();
  expect(site.desk.state().phase).toBe("ended");
  site.attach();
  site.starts();
  expect(site.desk.state().phase).toBe("running");
  expect(site.screen.text).toContain("This is a new shell.");
});

test("what the broker keeps goes on; no key is taken while nobody can see what it does", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  site.desk.away(true);
  expect(site.desk.state()).toMatchObject({ phase: "running", paused: true });
  const before = site.asset.length;
  site.desk.typed("reload\r");
  expect(site.asset.length).toBe(before);
  site.desk.resumed();
  site.desk.typed("show\r");
  expect(site.asset.length).toBe(before + 1);
  expect(site.screen.text).not.toContain("new shell");
});

test("what was kept and has ended after all is told, and a new shell begun", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  site.desk.away(true);
  site.attach();
  site.starts();
  expect(site.desk.state()).toMatchObject({ phase: "running", paused: false });
  expect(site.screen.text).toContain("This is a new shell.");
});

test("a command is not run again by itself", () => {
  const site = new Site(undefined);
  site.attach();
  site.desk.run({ kind: "exec", command: "reload" });
  site.starts();
  site.desk.away();
  const before = site.asset.length;
  site.attach();
  expect(site.asset.length).toBe(before);
});

test("the asset is told of a new size once, and only of a shell", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  site.desk.resized({ columns: 120, rows: 40 });
  site.desk.resized({ columns: 120, rows: 40 });
  const changes = site.asset.filter(
    (message) => message.kind === "request" && message.name === "window-change",
  );
  expect(changes).toHaveLength(1);
});

test("what does not parse ends the terminal", () => {
  const site = new Site(SHELL);
  site.attach();
  site.starts();
  let shown = 0;
  site.desk.bytes(new Uint8Array([0, 0, 0, 0, 1]), () => {
    shown += 1;
  });
  expect(site.desk.state().phase).toBe("ended");
  expect([site.detached, shown]).toEqual([["main"], 1]);
});

test("words of an asset cannot draw outside the line that quotes them", () => {
  const site = new Site(SHELL);
  site.attach();
  site.desk.closed({ rule: "asset-closed", reason: "bye\x1b]52;c;eA==\x07" });
  expect(site.screen.text).not.toContain("\x1b]52");
});
