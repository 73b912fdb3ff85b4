import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLog, plainText } from "./log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("line breaks, escapes and direction marks of others never reach a line", () => {
  expect(plainText("a\r\nb\u001b[2Jc\u202ed\u2028e\u009bf")).toMatch(/^[a-f\ufffd[2J]+$/);
});

test("an entry is one JSON line, cleaned at every depth and in its message", () => {
  const path = join(folder, "broker.log");
  openLog(path, "info").info({ agent: { name: "x\u202ey" } }, "seen \u001b]0;z\u0007");
  const [entry] = linesOf(path);
  expect(entry.agent.name).toBe("x\ufffdy");
  expect(entry.msg).toBe("seen \ufffd]0;z\ufffd");
});

test("secrets are not logged even if someone passes them", () => {
  const path = join(folder, "broker.log");
  openLog(path, "info").info({ headers: { cookie: "c00kie", authorization: "b3arer" } }, "x");
  expect(readFileSync(path, "utf8")).not.toMatch(/c00kie|b3arer/);
});

test("an error is logged with name, message and where it came from", () => {
  const path = join(folder, "broker.log");
  openLog(path, "info").error({ error: new TypeError("no\nway") }, "failed");
  const [entry] = linesOf(path);
  expect(entry.error.message).toBe("no\ufffdway");
  expect(entry.error.stack[0]).toContain("log.test.ts");
});

test("a large file is turned over at the next start, nobody else can read the new one", () => {
  const path = join(folder, "broker.log");
  writeFileSync(path, Buffer.alloc(17 * 1024 * 1024, 0x20));
  openLog(path, "info").info("first");
  expect(readdirSync(folder).sort()).toEqual(["broker.log", "broker.log.1"]);
  expect(linesOf(path)).toHaveLength(1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
