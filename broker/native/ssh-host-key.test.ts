import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { newKey } from "./ssh-host-key.ts";

/** Of so many that the library makes, some cannot be read. */
const KEYS = 1_000;

test("every host key that is made can be read again", () => {
  const read = Array.from({ length: KEYS }, () => ssh2.utils.parseKey(newKey()));
  expect(read.filter((key) => key instanceof Error)).toEqual([]);
});
