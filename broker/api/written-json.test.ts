import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { writeLong, writeTexts } from "./written-json.ts";

interface Counted {
  readonly name: string;
  readonly numbers: readonly number[];
}

const COUNT = 10_000;
const numbers = Array.from({ length: COUNT }, (_, at) => at);

function written(items: readonly number[] = numbers) {
  return writeLong<Counted, "numbers", number>({ name: "a" }, "numbers", items, (at) => 2 * at);
}

test("what is written in pieces is the whole, in order", async () => {
  const { json } = await written();
  expect(JSON.parse(String(json))).toEqual({ name: "a", numbers: numbers.map((at) => 2 * at) });
  expect(String((await written([])).json)).toBe('{"name":"a","numbers":[]}');
});

test("something else has its turn while it is written", async () => {
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await written();
  clearImmediate(next);
  expect(turns).toBeGreaterThan(10);
});

test.each([
  ["gzip, deflate, br", "gzip"],
  ["GZIP;q=0.5", "gzip"],
  ["gzip;q=0, br", undefined],
  ["br", undefined],
  [undefined, undefined],
])("to who takes %s it is sent as %s", async (accepted, encoding) => {
  const answer = await written();
  const sent = await answer.encoded(accepted);
  expect(sent.encoding).toBe(encoding);
  expect(encoding ? gunzipSync(sent.body) : sent.body).toEqual(answer.json);
});

test("a short one goes as it is", async () => {
  const short = await written([1]);
  expect((await short.encoded("gzip")).encoding).toBeUndefined();
});

test("what is left out leaves no gap, wherever it stood", async () => {
  const some = (left: (at: number) => boolean) =>
    writeLong<Counted, "numbers", number>({ name: "a" }, "numbers", numbers, (at) =>
      left(at) ? undefined : at,
    );
  const shown = async (left: (at: number) => boolean) =>
    (JSON.parse(String((await some(left)).json)) as Counted).numbers;
  expect(await shown((at) => at < 250)).toEqual(numbers.slice(250));
  expect(await shown((at) => at % 200 < 150)).toEqual(numbers.filter((at) => at % 200 >= 150));
  expect(await shown(() => true)).toEqual([]);
});

test("a long text is written as it is, also where it is divided within a character", async () => {
  const long = `${"x".repeat(262_143)}😀"\\\n\u0000${"y".repeat(300_000)}\ud800`;
  interface Texts {
    readonly name: string;
    readonly before: string;
    readonly after: string;
  }
  const texts = { before: long, after: "" };
  const { json } = await writeTexts<Texts, "before" | "after">({ name: "a" }, texts);
  expect(JSON.parse(String(json))).toEqual({ name: "a", ...texts });
});

test("the same has the same tag, and something else another one", async () => {
  const [one, same, other] = await Promise.all([written(), written(), written([1])]);
  expect(one.tag).toBe(same.tag);
  expect(one.tag).not.toBe(other.tag);
});
