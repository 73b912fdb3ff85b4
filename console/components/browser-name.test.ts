import { expect, test } from "vitest";
import { browserName } from "./browser-name.ts";

test("a browser that claims to be others too is named as itself", () => {
  const edge =
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140";
  expect(browserName(edge)).toBe("Edge on Windows");
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1";
  expect(browserName(safari)).toBe("Safari on iOS");
});

test("a program that is no browser has no browser's name", () => {
  expect(browserName("curl/8.10")).toBeUndefined();
});
