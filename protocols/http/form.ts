/** Fields and files of a body, as far as rules can name them. */
import { latin1, malformed, type Read, textOf } from "./head.ts";
import type { FilePart, Pair } from "./operation.ts";
import { PAIRS_MAX, readPairs } from "./target.ts";

export interface Form {
  readonly contentType: string;
  readonly form: readonly Pair[];
  readonly files: readonly FilePart[];
  /** It carries what is no form: it counts as `transfer` where it is not text of a known kind. */
  readonly isFile: boolean;
  /** What is sent on: encoded anew where it was read. */
  readonly body: Uint8Array;
}

/** Texts in which panels carry values; other types are files. */
const TEXTS: ReadonlySet<string> = new Set([
  ...["application/json", "text/plain", "text/xml", "application/xml", "application/soap+xml"],
]);

export function readForm(field: string | undefined, body: Uint8Array): Read<Form> {
  const contentType = (field ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (body.length === 0) return read({ contentType: "", isFile: false, body });
  if (contentType === "application/x-www-form-urlencoded") return urlencoded(body);
  if (contentType === "multipart/form-data") return multipart(field ?? "", body);
  return read({ contentType, isFile: !TEXTS.has(contentType), body });
}

function read(form: Pick<Form, "contentType" | "isFile" | "body"> & Partial<Form>): Read<Form> {
  return { kind: "read", value: { form: [], files: [], ...form } };
}

function urlencoded(body: Uint8Array): Read<Form> {
  const text = textOf(body);
  if (text === undefined || /[^\x21-\x7e]/.test(text)) return malformed("a form not encoded");
  const pairs = readPairs(text);
  if (pairs.kind === "malformed") return pairs;
  return read({
    ...{ contentType: "application/x-www-form-urlencoded", isFile: false },
    ...{ form: pairs.value.pairs, body: latin1(pairs.value.encoded) },
  });
}

/** RFC 7578. Every part has a name; a text part is a field, a part with a file name a file. */
function multipart(field: string, body: Uint8Array): Read<Form> {
  const mark = boundaryOf(field);
  if (mark === undefined) return malformed("parts without a boundary");
  const text = String.fromCharCode.bind(String);
  let whole = "";
  for (let at = 0; at < body.length; at += 4096) whole += text(...body.subarray(at, at + 4096));
  const pieces = `\r\n${whole}`.split(`\r\n--${mark}`);
  const last = pieces.pop();
  if (pieces.shift() !== "" || (last !== "--" && last !== "--\r\n")) {
    return malformed("parts that do not end");
  }
  if (pieces.length > PAIRS_MAX) return malformed(`more than ${PAIRS_MAX} parts`);
  const form: Pair[] = [];
  const files: FilePart[] = [];
  for (const piece of pieces) {
    const reason = part(piece, form, files);
    if (reason !== undefined) return malformed(reason);
  }
  const isFile = files.length > 0;
  return read({ contentType: "multipart/form-data", form, files, isFile, body });
}

const DISPOSITION =
  /^content-disposition: ?form-data; ?name="([^"\r\n\\]{1,200})"(?:; ?filename="([^"\r\n]{0,255})")?$/i;
const PART_TYPE = /^content-type: ?[\w.+/; =-]{1,100}$/i;

function part(piece: string, form: Pair[], files: FilePart[]): string | undefined {
  const end = piece.indexOf("\r\n\r\n");
  if (!piece.startsWith("\r\n") || end < 0) return "not a part";
  const head = partHead(piece.slice(2, end));
  if (head === undefined) return "a part with other fields than a name and a type";
  const { name, fileName } = head;
  const content = piece.slice(end + 4);
  if (fileName === undefined) form.push([name, utf8(content)]);
  else files.push({ field: name, name: fileName, size: content.length });
  return undefined;
}

export interface PartHead {
  readonly name: string;
  /** Of a file. */
  readonly fileName: string | undefined;
}

/** @param text the lines above a part, in Latin-1, without the empty one */
export function partHead(text: string): PartHead | undefined {
  const [disposition = "", ...rest] = text.split("\r\n");
  const match = DISPOSITION.exec(disposition);
  if (!match || rest.length > 1 || !rest.every((line) => PART_TYPE.test(line))) return undefined;
  const [, name = "", fileName] = match;
  return { name: utf8(name), fileName: fileName === undefined ? undefined : utf8(fileName) };
}

/** What divides the parts. @param type the whole field `Content-Type` */
export function boundaryOf(type: string): string | undefined {
  const found = /;\s*boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))\s*$/i.exec(type);
  return found?.[1] ?? found?.[2];
}

function utf8(text: string): string {
  return textOf(latin1(text)) ?? text;
}
