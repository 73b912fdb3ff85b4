import { expect, test } from "vitest";
import { byteSize } from "./sizes.ts";

test("a size has at most three digits before its unit", () => {
  expect(byteSize(0)).toBe("0 B");
  expect(byteSize(999)).toBe("999 B");
  expect(byteSize(1_400_000)).toBe("1.4 MB");
  expect(byteSize(999_900)).toBe("1.0 MB");
  expect(byteSize(2e15)).toBe("2000 TB");
});
