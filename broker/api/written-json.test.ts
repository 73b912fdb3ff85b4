import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { writeLong } from "./written-json.ts";

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
