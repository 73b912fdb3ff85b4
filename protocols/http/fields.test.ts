import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import { fieldsToAsset, mayBeNamed } from "./fields.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";

test("a panel's own fields pass where they are named, and nothing that others read", () => {
  const asked = [
    ["accept", "application/json"],
    ["node-red-api-version", "v2"],
    ["other-version", "v3"],
    ["x-token", "t"],
    ["x-forwarded-for", "10.0.0.1"],
    ["te", "trailers"],
  ] as const;
  const names = (more: readonly string[], fields: typeof asked | readonly [string, string][]) =>
    fieldsToAsset(fields, more).map(([name]) => name);
  expect(names([], asked)).toEqual(["accept", "x-token"]);
  expect(names(["node-red-api-version"], asked)).toEqual([
    ...["accept", "node-red-api-version", "x-token"],
  ]);
  const hop: [string, string][] = [
    ["connection", "node-red-api-version"],
    ["node-red-api-version", "v2"],
  ];
  expect(names(["node-red-api-version"], hop)).toEqual([]);
});

test("what frames, forwards, caches or says who asks cannot be named", () => {
  for (const name of [
    ...["connection", "content-length", "content-encoding", "transfer-encoding", "te", "trailer"],
    ...["host", "cookie", "origin", "referer", "expect", "upgrade", "keep-alive", "http2-settings"],
    ...["forwarded", "via", "x-forwarded-host", "x-http-method-override", "x-original-url"],
    ...["proxy-authorization", "sec-fetch-site", "sec-websocket-key", "accept-encoding", "range"],
    ...["if-none-match", "service-worker", "sallyport-request", "a b", "a:b", "", "Upper"],
  ]) {
    expect(mayBeNamed(name), name).toBe(false);
    expect(fieldsToAsset([[name, "1"]], [name]).length, name).toBe(
      ["host", "cookie", "origin", "referer"].includes(name) ? 1 : 0,
    );
  }
  for (const name of ["node-red-api-version", "csrf-token", "depth", "api-key"]) {
    expect(mayBeNamed(name), name).toBe(true);
  }
});

test("a guard sends on what is named to it, and without a name nothing more than ever", () => {
  const sentBy = (moreFields: readonly string[]) => {
    const guard = new HttpGuard();
    guard.moreFields = moreFields;
    const driver = new GuardDriver(guard, ({ items }) => items.map(() => ({ kind: "permit" })));
    driver.bytes("client", latin1("GET /flows HTTP/1.1\r\nhost: p\r\nApi-Version: v2\r\n\r\n"));
    return driver.sent("asset").map(({ bytes }) => String.fromCharCode(...bytes));
  };
  expect(sentBy([]).join("")).not.toContain("api-version");
  expect(sentBy(["api-version"]).join("")).toContain("\r\napi-version: v2\r\n");
});
