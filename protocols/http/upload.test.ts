import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer } from "../guard.ts";
import { readForm } from "./form.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";
import { REQUEST_BODY_MAX, UPLOAD_MAX } from "./limits.ts";
import type { UploadedOperation, WebOperation } from "./operation.ts";
import { PartsReader, plainHash } from "./parts.ts";

const PERMIT: Answer = { kind: "permit" };
const HOLD: Answer = { kind: "hold" };
const DENY: Answer = {
  ...{ kind: "deny", refusal: "operation" },
  because: { rule: "panel#3", reason: "no firmware" },
};
const FILE = new Uint8Array(REQUEST_BODY_MAX + 40_000).map((_, at) => (at * 7) & 0xff);
const FORM = body("b0undary", [
  ["note", undefined, latin1("new image")],
  ["image", "panel v2.bin", FILE],
  ["go", undefined, latin1("Install")],
]);

type Part = readonly [name: string, fileName: string | undefined, content: Uint8Array];

function body(mark: string, parts: readonly Part[]): Uint8Array {
  const pieces = parts.flatMap(([name, fileName, content]) => [
    latin1(
      `--${mark}\r\nContent-Disposition: form-data; name="${name}"` +
        `${fileName === undefined ? "" : `; filename="${fileName}"`}\r\n\r\n`,
    ),
    content,
    latin1("\r\n"),
  ]);
  return Buffer.concat([...pieces, latin1(`--${mark}--\r\n`)]);
}

function lane(judge: (operation: WebOperation) => Answer = () => PERMIT) {
  const asked: WebOperation[] = [];
  const driver = new GuardDriver(new HttpGuard(), ({ items }) =>
    items.map((item) => {
      asked.push(item as WebOperation);
      return judge(item as WebOperation);
    }),
  );
  const sent = (to: "client" | "asset") =>
    Buffer.concat(driver.sent(to).map(({ bytes }) => bytes)).toString("latin1");
  const goesOn = () => driver.bytes("asset", latin1(GO_ON));
  return { driver, asked, sent, goesOn };
}

const GO_ON = "HTTP/1.1 100 Continue\r\nsallyport-request: 1\r\n\r\n";
const head = (length: number) =>
  latin1(
    "POST /install HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=b0undary\r\n" +
      `content-length: ${length}\r\n\r\n`,
  );

function send(driver: GuardDriver, bytes: Uint8Array, step = 16_000): void {
  for (let at = 0; at < bytes.length; at += step) {
    driver.bytes("client", bytes.subarray(at, at + step));
  }
}

/** The data of the chunks that the asset was sent. */
function passed(text: string): string {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  let data = "";
  for (let line = rest.indexOf("\r\n"); line > 0; line = rest.indexOf("\r\n")) {
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (Number.isNaN(size)) return `${data}<broken off>`;
    data += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
  }
  return data;
}

test("an upload is announced, passed on piece by piece, and decided whole before its last", () => {
  let whole = "";
  const { driver, asked, sent, goesOn } = lane(({ action }) => {
    if (action === "web:uploaded") whole = passed(sent("asset"));
    return PERMIT;
  });
  driver.bytes("client", head(FORM.length));
  expect(asked).toMatchObject([{ action: "web:upload", class: "transfer", size: FORM.length }]);
  expect(sent("asset")).toContain(`content-length: ${FORM.length}`);
  send(driver, FORM.subarray(0, 60_000));
  expect(passed(sent("asset"))).toBe("");
  goesOn();
  send(driver, FORM.subarray(60_000));
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  expect(asked[1]).toEqual({
    ...{ action: "web:uploaded", class: "transfer", method: "POST", path: "/install", query: [] },
    ...{ contentType: "multipart/form-data", size: FORM.length, digest: hash(FORM) },
    form: [
      ["note", "new image"],
      ["go", "Install"],
    ],
    files: [{ field: "image", name: "panel v2.bin", size: FILE.length, digest: hash(FILE) }],
  } satisfies UploadedOperation);
  expect(whole.length).toBeLessThan(FORM.length);
  expect(passed(sent("asset"))).toBe(Buffer.from(FORM).toString("latin1"));
  driver.bytes(
    "asset",
    latin1("HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-length: 2\r\n\r\nok"),
  );
  driver.bytes("client", latin1("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  expect(sent("asset")).toContain("GET / HTTP/1.1");
});

test("an upload that is denied by its head sends the panel nothing and reads no more of it", () => {
  const { driver, asked, sent } = lane(() => DENY);
  driver.bytes("client", head(FORM.length));
  send(driver, FORM);
  expect(asked).toHaveLength(1);
  expect(sent("asset")).toBe("");
  expect(sent("client")).toContain("Rule: panel#3.");
});

test("an upload whose fields are denied never becomes a whole request", () => {
  const { driver, sent, goesOn } = lane(({ action }) =>
    action === "web:uploaded" ? DENY : PERMIT,
  );
  driver.bytes("client", head(FORM.length));
  goesOn();
  send(driver, FORM);
  expect(passed(sent("asset"))).toMatch(/<broken off>$/);
  expect(passed(sent("asset")).length).toBeLessThan(FORM.length);
  expect(sent("client")).toContain("Rule: panel#3.");
  driver.bytes("client", latin1("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  expect(sent("client").match(/HTTP\/1\.1 403/g)).toHaveLength(1);
});

test("an upload that waits for a person leaves when they agree", () => {
  const { driver, sent, goesOn } = lane(({ action }) => (action === "web:upload" ? HOLD : PERMIT));
  driver.bytes("client", head(FORM.length));
  send(driver, FORM.subarray(0, 60_000));
  expect(sent("asset")).toBe("");
  driver.settle(1, PERMIT);
  goesOn();
  send(driver, FORM.subarray(60_000));
  expect(passed(sent("asset"))).toHaveLength(FORM.length);
});

test.each([
  [
    "with a part that says more than its name and type",
    'X: 1\r\nContent-Disposition: form-data; name="a"',
  ],
  ["with a part without a name", "Content-Disposition: form-data"],
])("an upload %s is broken off", (_what, lines) => {
  const { driver, sent, goesOn } = lane();
  const bytes = Buffer.concat([latin1(`--b0undary\r\n${lines}\r\n\r\n`), FILE]);
  driver.bytes("client", head(bytes.length));
  goesOn();
  send(driver, bytes);
  expect(sent("client")).toContain("HTTP/1.1 400 ");
  expect(passed(sent("asset"))).toMatch(/^(?:<broken off>)?$/);
});

test("what is larger than any upload is refused unasked", () => {
  const { driver, asked, sent } = lane();
  driver.bytes("client", head(UPLOAD_MAX + 1));
  expect(asked).toEqual([]);
  expect(sent("client")).toContain("HTTP/1.1 413 ");
});

test("a panel that goes away in the middle is told as such", () => {
  const { driver, sent, goesOn } = lane();
  driver.bytes("client", head(FORM.length));
  goesOn();
  send(driver, FORM.subarray(0, 60_000));
  driver.feed({ kind: "event", event: { kind: "timeout", request: 1 } });
  expect(sent("client")).toContain("HTTP/1.1 504 ");
});

test("however it is cut, an upload comes to the same, in bounded memory", () => {
  const outcome = (step: number) => {
    const { driver, asked, sent, goesOn } = lane();
    driver.bytes("client", head(FORM.length));
    goesOn();
    send(driver, FORM, step);
    return { asked, sent: sent("asset") };
  };
  const once = outcome(65_536);
  for (const step of [1_021, 16_384, 30_011]) expect(outcome(step)).toEqual(once);
});

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constantFrom("\r\n--b0undar", "\r\n--b0undary", "--b0undary--", "\r\n\r\n", "\r").map(latin1),
);
const forms = fc
  .array(
    fc.tuple(fc.constantFrom("a", "b"), fc.option(fc.constant("f"), { nil: undefined }), contents),
    {
      maxLength: 4,
    },
  )
  .map((parts) => body("b0undary", parts));

test("it reads forms as the reader of small ones does, however they are cut", () => {
  const type = "multipart/form-data; boundary=b0undary";
  fc.assert(
    fc.property(forms, fc.integer({ min: 1, max: 40 }), (bytes, step) => {
      const small = readForm(type, bytes);
      const reader = PartsReader.of(type, plainHash);
      let reason: string | undefined;
      for (let at = 0; at < bytes.length && reason === undefined; at += step) {
        reason = reader?.add(bytes.subarray(at, at + step));
      }
      reason ??= reader?.end();
      expect(reason === undefined).toBe(small.kind === "read");
      if (small.kind !== "read") return;
      expect(reader?.form).toEqual(small.value.form);
      const files = reader?.files.map(({ field, name, size }) => ({ field, name, size }));
      expect(files).toEqual(small.value.files);
    }),
  );
});
