/**
 * The narrowest readable rules for what was done on a web panel: paths by method, every field of
 * queries and forms with the values that it had, messages of sockets by their texts.
 */
import type {
  MessageOperation,
  Pair,
  RequestOperation,
  SocketOperation,
  WebOperation,
} from "../../../protocols/http/operation.ts";
import {
  grouped,
  type Learned,
  type LearnedRule,
  type LearnOptions,
  type Seen,
  sorted,
} from "./learned.ts";

/** A field with more values than this has any value, or any number between its least and most. */
const VALUES_NAMED_MAX = 6;
/** Texts of messages beyond these are any text. */
const MESSAGES_NAMED_MAX = 24;
const FORMS: readonly string[] = ["", "application/x-www-form-urlencoded", "multipart/form-data"];

export function learnWeb(seen: readonly Seen<WebOperation>[], options: LearnOptions): Learned {
  const notes: string[] = [];
  const operations = seen.map(({ operation }) => operation);
  const of = (action: string) => operations.filter((each) => each.action === action);
  return {
    rules: [
      ...requestRules(of("web:request") as RequestOperation[], options, notes),
      ...uploadRules(operations.filter(isUpload), options, notes),
      ...socketRules(of("web:socket") as SocketOperation[], notes),
      ...messageRules(of("web:message") as MessageOperation[], notes),
      ...downloadRules(of("web:download")),
    ],
    notes,
  };
}

type Uploading = Extract<WebOperation, { readonly action: "web:upload" | "web:uploaded" }>;

function isUpload(operation: WebOperation): operation is Uploading {
  return operation.action === "web:upload" || operation.action === "web:uploaded";
}

function requestRules(
  requests: readonly RequestOperation[],
  options: LearnOptions,
  notes: string[],
): LearnedRule[] {
  const plain = requests.filter((each) => fieldsOf(each) === 0);
  const alike = grouped(plain, (each) =>
    JSON.stringify([each.class, each.method, bodyType(each.contentType), each.size > 0]),
  );
  const fielded = grouped(
    requests.filter((each) => fieldsOf(each) > 0),
    // Older recordings say nothing of bodies of JSON.
    ({ class: of, method, path, contentType, json }) =>
      JSON.stringify([of, method, path, bodyType(contentType), json !== undefined]),
  );
  return [...alike.values(), ...fielded.values()].map((own) => requestRule(own, options, notes));
}

function requestRule(
  own: readonly RequestOperation[],
  options: LearnOptions,
  notes: string[],
): LearnedRule {
  const [first] = own;
  if (first === undefined) throw new Error("a rule of no request");
  const paths = sorted(own.map(({ path }) => path));
  const name = nameOf(first.method, paths, first.class);
  return {
    name,
    permit: first.class,
    web: {
      methods: [first.method],
      paths,
      ...fieldKey(
        "query",
        own.map((each) => each.query),
        name,
        notes,
      ),
      ...fieldKey(
        "form",
        own.map((each) => each.form),
        name,
        notes,
      ),
      ...fieldKey(
        "json",
        own.map((each) => each.json ?? []),
        name,
        notes,
      ),
      ...bodyKeys(own, options),
    },
  };
}

function fieldsOf({ query, form, json = [] }: RequestOperation): number {
  return query.length + form.length + json.length;
}

/** An upload is named as the request that it is: its head carries no form yet. */
function uploadRules(
  uploads: readonly Uploading[],
  options: LearnOptions,
  notes: string[],
): LearnedRule[] {
  const alike = grouped(uploads, ({ method, path }) => JSON.stringify([method, path]));
  return [...alike.values()].map((own) => {
    const [{ method, path } = { method: "POST", path: "/" }] = own;
    const name = `upload ${path}`;
    const forms = own.map((each) => (each.action === "web:uploaded" ? each.form : []));
    return {
      name,
      permit: "transfer",
      web: {
        ...{ methods: [method], paths: [path] },
        ...fieldKey(
          "query",
          own.map((each) => each.query),
          name,
          notes,
        ),
        ...fieldKey("form", forms, name, notes),
        ...bodyKeys(own, options),
      },
    };
  });
}

function nameOf(method: string, paths: readonly string[], of: string): string {
  const [first = ""] = paths;
  const does = of === "observe" ? "look at" : of === "transfer" ? "send files to" : "work";
  return `${does} ${method} ${first}${paths.length > 1 ? ` and ${paths.length - 1} more` : ""}`.slice(
    0,
    100,
  );
}

function bodyType(contentType: string): string {
  return FORMS.includes(contentType) ? "form" : contentType;
}

function bodyKeys(
  own: readonly { readonly contentType: string; readonly size: number }[],
  { margin }: LearnOptions,
) {
  const size = own.reduce((most, each) => Math.max(most, each.size), 0);
  const types = sorted(own.map(({ contentType }) => contentType));
  const bare = types.filter((type) => !FORMS.includes(type));
  return {
    ...(bare.length > 0 && { "content-types": bare }),
    ...(size > 0 && { "size-max": Math.ceil(size * (1 + margin)) }),
  };
}

function fieldKey(
  key: "query" | "form" | "json",
  given: readonly (readonly Pair[])[],
  name: string,
  notes: string[],
): { readonly [key: string]: readonly string[] } {
  const byName = grouped(given.flat(), ([field]) => field);
  if (byName.size === 0) return {};
  const patterns = [...byName].flatMap(([field, pairs]) => {
    if (field.includes("=") || field === "") {
      notes.push(`"${name}": a field called "${field}" cannot be named and is left out`);
      return [];
    }
    return valuesOf(sorted(pairs.map(([, value]) => value))).map((value) =>
      value === "" ? field : `${field}=${value}`,
    );
  });
  return patterns.length > 0 ? { [key]: patterns } : {};
}

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

function valuesOf(values: readonly string[]): readonly string[] {
  if (values.length <= VALUES_NAMED_MAX) return values;
  if (!values.every((value) => NUMBER.test(value))) return ["*"];
  const numbers = values.map(Number).sort((a, b) => a - b);
  return [`${numbers[0]}..${numbers.at(-1)}`];
}

function socketRules(sockets: readonly SocketOperation[], notes: string[]): LearnedRule[] {
  const alike = grouped(sockets, (each) => JSON.stringify([each.class, each.path]));
  return [...alike.values()].map((own) => {
    const [{ path, class: permit } = { path: "/", class: "operate" as const }] = own;
    const name = `live values ${path}`;
    const query = fieldKey(
      "query",
      own.map((each) => each.query),
      name,
      notes,
    );
    return { name, permit, web: { does: ["socket"], paths: [path], ...query } };
  });
}

function messageRules(messages: readonly MessageOperation[], notes: string[]): LearnedRule[] {
  return [...grouped(messages, ({ path }) => path)].map(([path, own]) => {
    const name = `messages to ${path}`;
    const texts = own.map(({ text }) => text);
    const known = sorted(texts.flatMap((text) => text ?? []));
    const isWide = texts.includes(undefined) || known.length > MESSAGES_NAMED_MAX;
    if (isWide) notes.push(`"${name}": all messages pass, since they are too many or not text`);
    const named = isWide ? ["*"] : known;
    return { name, permit: "operate", web: { does: ["message"], paths: [path], messages: named } };
  });
}

function downloadRules(downloads: readonly WebOperation[]): LearnedRule[] {
  if (downloads.length === 0) return [];
  const paths = sorted(downloads.map(({ path }) => path));
  return [{ name: "keep files", permit: "transfer", web: { does: ["download"], paths } }];
}
