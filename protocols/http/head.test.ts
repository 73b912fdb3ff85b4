import { expect, test } from "vitest";
import { latin1, readRequestHead, readResponseHead } from "./head.ts";

/** So many that whatever looks at each from each of them comes to no end. */
const BLANKS = " \t".repeat(1_000_000);

test("blanks around a value are no part of it, and those within it are", () => {
  const head = readRequestHead(latin1("GET / HTTP/1.1\r\nhost: \t a\r\nx:\t b  c \t\r\n\r\n"));
  expect(head).toMatchObject({
    value: {
      fields: [
        ["host", "a"],
        ["x", "b  c"],
      ],
    },
  });
});

test("a value of nearly nothing but blanks is read at once, whoever sent it", () => {
  const head = readResponseHead(latin1(`HTTP/1.1 200 OK\r\nx: a${BLANKS}b${BLANKS}\r\n\r\n`));
  expect(head).toMatchObject({ kind: "read", value: { fields: [["x", `a${BLANKS}b`]] } });
});
