import { expect, test } from "vitest";
import { type ApiDocument, clientText } from "./client-text.ts";

const COMMAND = [{ signIn: [] }, { command: [] }];
const text = { type: "string" };

function documentOf(operation: object, path = "/api/pumps/{id}"): ApiDocument {
  return { paths: { [path]: { get: { responses: {}, security: COMMAND, ...operation } } } };
}

function answering(schema: object): ApiDocument {
  return documentOf({ responses: { "200": { content: { "application/json": { schema } } } } });
}

function routes(document: ApiDocument): string {
  return clientText(document).split("export const ROUTES = ")[1] ?? "";
}

test("a route says what it is given and what it answers", () => {
  const document = documentOf({
    summary: "One pump",
    parameters: [
      { in: "path", name: "id", required: true, schema: text },
      { in: "query", name: "since", required: false, schema: { type: "integer" } },
    ],
    requestBody: {
      content: { "application/json": { schema: { enum: ["on", "off"], ...text } } },
    },
    responses: { "201": { content: { "application/json": { schema: text } } } },
  });
  expect(routes(document)).toBe(`{
  /** One pump */
  "GET /api/pumps/{id}": {
    params: z.object({ id: z.string() }),
    query: z.object({ since: z.number().exactOptional() }),
    body: z.enum(["on", "off"]),
    answer: z.string(),
  },
} as const;
`);
});

test.each([
  [{ type: ["number", "null"] }, "z.number().nullable()"],
  [
    { anyOf: [text, { type: "boolean" }, { type: "null" }] },
    "z.union([z.string(), z.boolean()]).nullable()",
  ],
  [{ type: "array", prefixItems: [text, { type: "null" }] }, "z.tuple([z.string(), z.null()])"],
  [
    { type: "object", additionalProperties: { type: "integer" } },
    "z.record(z.string(), z.number())",
  ],
  [{ type: "object", properties: {}, additionalProperties: {} }, "z.looseObject({})"],
  [
    { type: "object", properties: { "a-b": { const: 1 } }, required: ["a-b"] },
    'z.object({ "a-b": z.literal(1) })',
  ],
  [{}, "z.unknown()"],
  // A newer broker may know more words.
  [{ type: "array", items: { ...text, enum: ["on", "off"] } }, "z.array(z.string())"],
])("%j is answered as %s", (schema, written) => {
  expect(routes(answering(schema))).toContain(`answer: ${written},\n`);
});

test("long ones are filled into lines, and read the same", () => {
  const names = Array.from({ length: 60 }, (_, n) => `name${n}`);
  const properties = Object.fromEntries(names.map((name) => [name, text]));
  const written = routes(answering({ type: "object", properties, required: names }));
  expect(Math.max(...written.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
  const fields = names.map((name) => `${name}: z.string()`).join(", ");
  expect(written.replaceAll(/\s+/g, " ")).toContain(`answer: z.object({ ${fields} }),`);
});

test("a file is taken, not read as an answer", () => {
  const file = { "application/zip": { schema: text } };
  const written = routes(documentOf({ responses: { "200": { content: file } } }));
  expect(written).toContain("download: true,\n");
  expect(written).not.toContain("answer");
});

test("routes of the browser alone are not written, those before a sign-in are", () => {
  expect(routes(documentOf({ security: [{ signIn: [] }] }))).toBe("{\n} as const;\n");
  expect(routes(documentOf({ security: [] }))).toBe("{\n} as const;\n");
  expect(routes(documentOf({ security: [] }, "/api/device/token"))).toContain("/api/device/token");
});

test("what it does not know is not guessed", () => {
  expect(() => clientText(answering({ not: {} }))).toThrow('cannot be written from: {"not":{}}');
});
