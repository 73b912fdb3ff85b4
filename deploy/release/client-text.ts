/**
 * Writes the client that the `sallyport` command asks a broker with: from the broker's own OpenAPI
 * document, what each route of commands takes and answers. `npm run client` writes it anew; a test
 * fails where the document says something else by now.
 */

/** As OpenAPI 3.1 has it: JSON Schema, without references. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly summary?: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Open to everybody, and asked before anybody is signed in. */
const BEFORE_SIGN_IN = /^\/api\/(device|workloads)\//;
/** Of a line, as everywhere here. */
const WIDTH = 100;
const CONTINUED = "      ";

/** @throws Error where the document says what this cannot write */
export function clientText(document: ApiDocument): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => isForCommands(path, operation))
      .map(([method, operation]) => routeText(method, path, operation)),
  );
  return `${HEAD}\nexport const ROUTES = {\n${routes.join("")}} as const;\n`;
}

const HEAD = `/**
 * What a broker takes from commands and answers them, by its OpenAPI document.
 * Written by \`npm run client\`: do not edit.
 */
import { z } from "zod";
`;

function isForCommands(path: string, { security }: Operation): boolean {
  if (security?.some((each) => "command" in each)) return true;
  return security?.length === 0 && BEFORE_SIGN_IN.test(path);
}

function routeText(method: string, path: string, operation: Operation): string {
  const parts = [
    ["params", parametersOf(operation, "path")],
    ["query", parametersOf(operation, "query")],
    ["body", schemaIn(operation.requestBody)],
    ["answer", lenient(schemaIn(operation.responses["200"] ?? operation.responses["201"]))],
  ] as const;
  const lines = parts.flatMap(([name, schema]) =>
    schema ? [wrapped(`    ${name}: ${zodText(schema)},`)] : [],
  );
  if (isDownload(operation)) lines.push("    download: true,\n");
  const title = operation.summary === undefined ? "" : `  /** ${operation.summary} */\n`;
  return `${title}  "${method.toUpperCase()} ${path}": {\n${lines.join("")}  },\n`;
}

function parametersOf({ parameters = [] }: Operation, place: string): Schema | undefined {
  const found = parameters.filter((each) => each.in === place);
  if (found.length === 0) return undefined;
  return {
    type: "object",
    properties: Object.fromEntries(found.map(({ name, schema }) => [name, schema])),
    required: found.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** A newer broker may know more words than this command: each of them is any word. */
function lenient<T extends Schema | undefined>(schema: T): T {
  const text = JSON.stringify(schema, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("enum" in value)) return value;
    const { enum: words, ...rest } = value;
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? rest : value;
  });
  return text === undefined ? schema : (JSON.parse(text) as T);
}

/** Answered as a file of its own type. */
function isDownload({ responses }: Operation): boolean {
  const types = Object.keys(responses["200"]?.content ?? {});
  return types.length > 0 && !types.includes("application/json");
}

function schemaIn(content: Content | undefined): Schema | undefined {
  return content?.content?.["application/json"]?.schema;
}

/** Filled lines: there is nothing to read here that the document does not say better. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=,) /)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > WIDTH) {
      lines.push(line);
      line = `${CONTINUED}${word}`;
    } else line = longer;
  }
  return [...lines, line, ""].join("\n");
}

function zodText(schema: Schema): string {
  const { enum: values, anyOf, oneOf, type } = schema;
  if (Array.isArray(type)) {
    return zodText({ anyOf: type.map((each: string) => ({ ...schema, type: each })) });
  }
  if ("const" in schema) return `z.literal(${JSON.stringify(schema.const)})`;
  if (values) return `z.enum([${values.map((each) => JSON.stringify(each)).join(", ")}])`;
  const choices = anyOf ?? oneOf;
  if (choices) return choiceText(choices);
  switch (type) {
    case "object":
      return objectText(schema);
    case "array":
      return arrayText(schema);
    case "integer":
      return "z.number()";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return `z.${type}()`;
    default:
      if (Object.keys(schema).length === 0) return "z.unknown()";
      throw new Error(`a schema that the client cannot be written from: ${JSON.stringify(schema)}`);
  }
}

function choiceText(choices: readonly Schema[]): string {
  const others = choices.filter(({ type }) => type !== "null").map(zodText);
  const nullable = others.length < choices.length ? ".nullable()" : "";
  return `${others.length === 1 ? others[0] : `z.union([${others.join(", ")}])`}${nullable}`;
}

function arrayText({ items = {}, prefixItems }: Schema): string {
  if (prefixItems) return `z.tuple([${prefixItems.map(zodText).join(", ")}])`;
  return `z.array(${zodText(items)})`;
}

function objectText(schema: Schema): string {
  const { properties, required = [], additionalProperties: more } = schema;
  if (!properties) {
    return `z.record(z.string(), ${typeof more === "object" ? zodText(more) : "z.unknown()"})`;
  }
  const fields = Object.entries(properties).map(([name, each]) => {
    const key = /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name);
    return `${key}: ${zodText(each)}${required.includes(name) ? "" : ".exactOptional()"}`;
  });
  const kind =
    typeof more === "object" && Object.keys(more).length === 0 ? "looseObject" : "object";
  return fields.length === 0 ? `z.${kind}({})` : `z.${kind}({ ${fields.join(", ")} })`;
}
