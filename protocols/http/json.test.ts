import fc from "fast-check";
import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Operation } from "../guard.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { HttpGuard } from "./guard.ts";
import { latin1 } from "./head.ts";
import { JSON_MAX, readJson } from "./json.ts";

const read = (text: string) =>
  readJson(encodeUtf8(text))?.map(([name, value]) => `${name}=${value}`);

test("each value stands under the names that lead to it", () => {
  expect(
    read(' {"pump":{"speed":30,"on":true},"tags":["a","b"],"x":null,"y":{},"z":[]}\r\n'),
  ).toEqual(["pump.speed=30", "pump.on=true", "tags[]=a", "tags[]=b", "x=null", "y={}", "z=[]"]);
  expect(read('[[1,2],{"a":3}]')).toEqual(["[][]=1", "[][]=2", "[].a=3"]);
  expect(read("7")).toEqual(["=7"]);
});

test("a text is not taken for a number or a word, nor a name for a way", () => {
  expect(
    read('{"a":"30","b":"true","c":"on 3","d":"","e":" 3","f":"\\"","g":"{}","h":"0x1e"}'),
  ).toEqual(['a="30"', 'b="true"', "c=on 3", "d=", 'e=" 3"', 'f="\\""', 'g="{}"', 'h="0x1e"']);
  expect(read('{"a.b":1,"a":{"b":2},"c[]":3,"d=1":4,"":5}')).toEqual([
    ...['"a.b"=1', "a.b=2", '"c[]"=3', '"d=1"=4', '""=5'],
  ]);
});

test("numbers are written in one way, and those that readers round differently are none", () => {
  expect(read("[3e1,30.0,-0,1E-2,0.5,123456789012345]")).toEqual([
    ...["[]=30", "[]=30", "[]=0", "[]=0.01", "[]=0.5", "[]=123456789012345"],
  ]);
  for (const number of ["1234567890123456", "0.12345678901234567", "1e30", "1e-9", "1e999"]) {
    expect(read(number), number).toBeUndefined();
  }
});

test.each([
  ["a name given twice", '{"speed":30,"speed":60}'],
  ["twice by an escape", '{"speed":30,"sp\\u0065ed":60}'],
  ["twice but for its letters' case", '{"speed":30,"Speed":60}'],
  ["a remark", '{"speed":30/*,"x":1*/}'],
  ["a comma too many", '{"speed":30,}'],
  ["another body behind it", '{"speed":30}{"speed":60}'],
  ["single quotes", "{'speed':30}"],
  ["a name without quotes", "{speed:30}"],
  ["a number of another kind", '{"speed":0x1e}'],
  ["a number with a zero before it", '{"speed":030}'],
  ["a number with a sign before it", '{"speed":+30}'],
  ["not a number", '{"speed":NaN}'],
  ["a mark of byte order", '\ufeff{"speed":30}'],
  ["half a pair of letters", '{"speed":"\\ud800"}'],
  ["a zero byte", '{"speed":"\\u0000"}'],
  ["a line end in a text", '{"speed":"\n"}'],
  ["deeper than any panel says it", `${"[".repeat(18)}1${"]".repeat(18)}`],
  ["more values than are looked at", `[${"1,".repeat(5_000)}1]`],
  ["nothing", ""],
  ["a space of another kind", '{"speed":\u00a030}'],
])("%s is not read", (_, text) => {
  expect(read(text)).toBeUndefined();
});

test("what is no UTF-8, and what is larger than any, is not read", () => {
  expect(readJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).toBeUndefined();
  expect(readJson(encodeUtf8(`"${"a".repeat(JSON_MAX)}"`))).toBeUndefined();
});

test("a text of the largest size is read at once, and one that does not end is none", () => {
  const long = "a".repeat(JSON_MAX - 10);
  expect(read(`"${long}"`)).toEqual([`=${long}`]);
  expect(read(`"${"\\n".repeat(100_000)}"`)).toHaveLength(1);
  expect(read(`"${long}`)).toBeUndefined();
  expect(read(`[${'"a":'.repeat(20_000)}`)).toBeUndefined();
});

test("a guard tells of each value, or that the body cannot be read; on older tapes neither", () => {
  const told = (body: string, jsonUnread = false) => {
    const guard = new HttpGuard();
    guard.jsonUnread = jsonUnread;
    const asked: Operation[] = [];
    const driver = new GuardDriver(guard, ({ items }) => {
      asked.push(...items);
      return items.map(() => ({ kind: "deny", refusal: "operation" }));
    });
    const type = "content-type: application/json; charset=utf-8";
    const head = `POST /api HTTP/1.1\r\nHost: a\r\n${type}\r\ncontent-length: ${body.length}`;
    driver.bytes("client", latin1(`${head}\r\n\r\n${body}`));
    return asked;
  };
  expect(told('{"pump":{"speed":3e1}}')).toMatchObject([{ json: [["pump.speed", "30"]] }]);
  expect(told('{"speed":30,"speed":60}')).toMatchObject([{ unread: true }]);
  for (const body of ['{"speed":30}', "{"]) {
    const [operation] = told(body, true);
    expect(operation).toMatchObject({ contentType: "application/json" });
    expect(operation).not.toHaveProperty("json");
    expect(operation).not.toHaveProperty("unread");
  }
});

test("what is read is JSON, with as many values as its reader finds; nothing makes it throw", () => {
  const values = (value: unknown): number => {
    const inner = Array.isArray(value) ? value : Object.values(value ?? {});
    return typeof value !== "object" || value === null || inner.length === 0
      ? 1
      : inner.reduce<number>((sum, each) => sum + values(each), 0);
  };
  fc.assert(
    fc.property(fc.oneof(fc.json({ maxDepth: 4 }), fc.string()), (text) => {
      const pairs = readJson(encodeUtf8(text));
      if (pairs) expect(pairs).toHaveLength(values(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});
