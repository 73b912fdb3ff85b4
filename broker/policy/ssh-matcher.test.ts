import fc from "fast-check";
import { expect, test } from "vitest";
import type { SshOperation } from "../../protocols/ssh/operation.ts";
import type { Profile, Rule, SshMatch } from "../plant/model.ts";
import { ALL } from "./profile-samples.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";
import { SshMatcher } from "./ssh-matcher.ts";

function rule(
  verdict: Rule["verdict"],
  classes: Rule["match"]["classes"],
  own?: Omit<SshMatch, "protocol">,
  limits: Rule["limits"] = {},
): Rule {
  const match = { ...(classes && { classes }), ...(own && { own: { protocol: "ssh", ...own } }) };
  return { name: `rule ${verdict}`, verdict, match: match as Rule["match"], limits };
}

function judging(...rules: readonly Rule[]) {
  const profile: Profile = { id: "p", description: "", onRecorderFailure: "freeze", rules };
  const matcher = new SshMatcher({ profile, subject: "ana", ledger: new BoundedRateLedger() });
  return (operation: SshOperation, nowMs = 0) => matcher.judge(operation, ALL, nowMs);
}

const SHELL = { action: "ssh:shell", class: "configure", terminal: "xterm" } as const;
const INPUT = { action: "ssh:input", class: "configure" } as const;
const SFTP = { action: "ssh:subsystem", class: "transfer", name: "sftp" } as const;

function exec(command: string) {
  return { action: "ssh:exec", class: "configure", command } as const;
}

function file(action: `file:${"read" | "write" | "rename"}`, path: string, more = {}) {
  return { action, class: "transfer", via: "sftp", path, ...more } as const;
}

test("content is kept of what a rule names, up to its size, whichever way it went", () => {
  const judge = judging(
    rule("permit", ["transfer"], { paths: ["/config/**"], keepMax: 100 }),
    rule("permit", ["transfer"]),
  );
  const passed = (way: "up" | "down", path: string, size: number, digest?: string) =>
    judge({
      ...{ action: "file:passed", class: "observe", via: "sftp", way, path, extent: "whole", size },
      ...(digest !== undefined && { digest }),
    });
  const kept = { kind: "permit", rule: "kept-with-content" };
  const told = { kind: "permit", rule: "kept-by-digest" };
  expect(passed("up", "/config/a", 100, "00")).toEqual(kept);
  expect(passed("down", "/config/a", 0, "00")).toEqual(kept);
  expect(passed("up", "/config/a", 101, "00")).toEqual(told);
  expect(passed("up", "/config/a", 100)).toEqual(told);
  expect(passed("up", "/other/a", 1, "00")).toEqual(told);
});

test("a plain permit of a class is about terminals, not about what opens ways", () => {
  const judge = judging(rule("permit", ["configure", "program"]));
  expect(judge(SHELL).kind).toBe("permit");
  expect(judge(INPUT).kind).toBe("permit");
  const forward = {
    action: "ssh:forward",
    class: "program",
    name: "direct-tcpip",
    to: "",
  } as const;
  expect(judge(forward)).toMatchObject({ kind: "deny", rule: "default-deny" });
  const env = { action: "ssh:env", class: "configure", name: "LD_PRELOAD", value: "x" } as const;
  expect(judge(env).kind).toBe("deny");
});

test("a view-only terminal permits the shell and not what is typed", () => {
  const judge = judging(rule("permit", ["configure"], { actions: ["ssh:shell"] }));
  expect(judge(SHELL).kind).toBe("permit");
  expect(judge(INPUT).kind).toBe("deny");
});

test.each([
  ["show version", true],
  ["show interface 3", true],
  ["show interface", false],
  ["show interface 3; reload", false],
  ["show interface $(reload)", false],
  ["show interface 3\nreload", false],
  ["show interface 3 4", false],
  ["show version ", false],
  ["SHOW VERSION", false],
])("of the commands named, %j passes: %s", (command, passes) => {
  const commands = ["show version", "show interface *"];
  const judge = judging(rule("permit", ["configure"], { commands }));
  expect(judge(exec(command)).kind).toBe(passes ? "permit" : "deny");
  expect(judge(SHELL).kind).toBe("deny");
});

test.each([
  ["/srv/recipes/a.txt", true],
  ["/srv/recipes/deep/er/a.txt", true],
  ["/srv/recipes", true],
  ["/srv/recipes2/a.txt", false],
  ["/srv", false],
  ["/etc/passwd", false],
  ["/var/log/a.log", true],
  ["/var/log/old/a.log", false],
])("of the paths named, %s passes: %s", (path, passes) => {
  const paths = ["/srv/recipes/**", "/var/log/*.log"];
  const judge = judging(rule("permit", ["transfer"], { actions: ["file:read"], paths }));
  expect(judge(file("file:read", path)).kind).toBe(passes ? "permit" : "deny");
  expect(judge(file("file:write", path)).kind).toBe("deny");
});

test("a renaming needs both ends permitted, and is denied if either is denied", () => {
  const within = rule("permit", ["transfer"], { paths: ["/srv/**"] });
  const secret = rule("deny", ["transfer"], { paths: ["/srv/secret/**"] });
  const judge = judging(secret, within);
  expect(judge(file("file:rename", "/srv/a", { target: "/srv/b" })).kind).toBe("permit");
  expect(judge(file("file:rename", "/srv/a", { target: "/etc/b" })).kind).toBe("deny");
  expect(judge(file("file:rename", "/srv/secret/a", { target: "/srv/b" })).kind).toBe("deny");
});

test("SFTP may start where some file may be touched, and only there", () => {
  expect(judging(rule("permit", ["transfer"], { actions: ["file:read"] }))(SFTP).kind).toBe(
    "permit",
  );
  expect(judging(rule("permit", ["configure"]))(SFTP).kind).toBe("deny");
  const held = judging(rule("hold", ["transfer"], { actions: ["file:write"] }));
  expect(held(SFTP).kind).toBe("permit");
  expect(held(file("file:write", "/a")).kind).toBe("hold");
});

test("a file that grows beyond the size of its rule is denied in that rule's name", () => {
  const judge = judging(rule("permit", ["transfer"], { sizeMax: 100 }));
  expect(judge(file("file:write", "/a", { size: 100 })).kind).toBe("permit");
  expect(judge(file("file:write", "/a", { size: 101 }))).toMatchObject({
    ...{ kind: "deny", rule: "rule permit", refusal: "value" },
  });
});

test("a rate counts what is begun, not each key or each growth", () => {
  const judge = judging(rule("permit", ["configure", "transfer"], {}, { intervalMs: 1_000 }));
  expect(judge(exec("reload"), 0).kind).toBe("permit");
  expect(judge(exec("reload"), 500)).toMatchObject({ kind: "deny", refusal: "busy" });
  expect(judge(exec("reload"), 1_001).kind).toBe("permit");
  for (let n = 0; n < 5; n++) {
    expect(judge(INPUT, 2_000).kind).toBe("permit");
    expect(judge(file("file:write", "/a", { size: n + 1 }), 2_000).kind).toBe("permit");
  }
});

test("rules of Modbus say nothing about SSH", () => {
  const modbus: Rule = {
    ...{ name: "registers", verdict: "permit", limits: {} },
    match: { classes: ["configure"], functions: [3] },
  };
  expect(judging(modbus)(SHELL).kind).toBe("deny");
});

test("no path outside a folder matches its glob", () => {
  const judge = judging(rule("permit", ["transfer"], { paths: ["/srv/in/**"] }));
  const names = fc.array(fc.stringMatching(/^[a-z.*?()[\]+\\]{1,6}$/), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(names, (parts) => {
      const path = `/${parts.join("/")}`;
      const inside = path === "/srv/in" || path.startsWith("/srv/in/");
      expect(judge(file("file:read", path)).kind).toBe(inside ? "permit" : "deny");
    }),
  );
});

test("a rule that scans says so where content comes: at the opening and for the whole file", () => {
  const own = { actions: ["file:write", "file:read"], sizeMax: 100, scan: true } as const;
  const judge = judging(rule("permit", undefined, own));
  const digest = "0".repeat(64);
  expect(judge(file("file:write", "/a"))).toMatchObject({ kind: "permit", scan: true });
  expect(judge(file("file:write", "/a", { size: 9, digest }))).toMatchObject({ scan: true });
  expect(judge(file("file:write", "/a", { via: "scp", size: 9 }))).toMatchObject({ scan: true });
  expect(judge(file("file:write", "/a", { size: 9 }))).toEqual({
    kind: "permit",
    rule: "rule permit",
  });
  expect(judge(file("file:write", "/a", { name: "mkdir" }))).not.toHaveProperty("scan");
  expect(judge(file("file:read", "/a"))).not.toHaveProperty("scan");
  expect(judge(file("file:write", "/a", { size: 101, digest })).kind).toBe("deny");
});

test("a rule that holds cannot be got past with a file that it should have scanned", () => {
  const judge = judging(rule("hold", ["transfer"], { scan: true }));
  expect(judge(file("file:write", "/a")).kind).toBe("deny");
  expect(judge(file("file:read", "/a")).kind).toBe("hold");
});
