/** What was asked of a web panel, in words. Paths and texts are of assets and people: text. */
import type { Pair, WebOperation } from "../../protocols/http/operation.ts";
import { byteSize } from "../components/sizes.ts";
import { replayText } from "../text/replay.ts";
import { webText } from "../text/web.ts";
import type { EntryWords } from "./entry-words.ts";
import type { Entry } from "./story.ts";

export function pageWords({ operation, judged }: Extract<Entry, { kind: "page" }>): EntryWords {
  const { answer, rule, reason } = judged;
  const act = actOf(operation);
  const { refused, heldAct } = replayText.entry;
  const said = { deny: refused(act), hold: heldAct(act), permit: act }[answer.kind];
  const tone = ({ deny: "alarm", hold: "attention", permit: "normal" } as const)[answer.kind];
  return { act: said, what: plain(whatOf(operation)), result: "", rule, reason, tone };
}

function actOf(operation: WebOperation): string {
  const { acts } = webText;
  if (operation.action !== "web:request") return acts[operation.action];
  if (operation.class === "transfer") return acts.upload;
  return operation.class === "observe" ? acts.page : acts.submitted;
}

function whatOf(operation: WebOperation): string {
  const { path } = operation;
  switch (operation.action) {
    case "web:request": {
      const { method, query, files } = operation;
      const form = [...operation.form, ...(operation.json ?? [])];
      const sent = files.map(({ name, size }) => `${name} (${byteSize(size)})`);
      const more = [pairs(form, ", "), ...sent].filter((each) => each !== "").join(" · ");
      return `${method} ${path}${query.length > 0 ? `?${pairs(query, "&")}` : ""}${more === "" ? "" : ` · ${more}`}`;
    }
    case "web:upload":
      return `${operation.method} ${path} · ${byteSize(operation.size)}`;
    case "web:uploaded": {
      const { method, form, files, size, digest } = operation;
      const sent = files.map((file) => `${file.name} (${byteSize(file.size)})`);
      const content = sent.length > 0 ? sent : [byteSize(size)];
      const parts = [pairs(form, ", "), ...content, `SHA-256 ${digest}`];
      return [`${method} ${path}`, ...parts].filter((each) => each !== "").join(" · ");
    }
    case "web:socket":
      return path;
    case "web:message":
      return `${path} · ${operation.text ?? byteSize(operation.size)}`;
    case "web:download":
      return `${path} · ${operation.contentType}`;
  }
}

/** What may be a password is not shown; the recording has it. */
const SECRET = /pass|pwd|secret|token|pin/i;

function pairs(all: readonly Pair[], between: string): string {
  return all.map((pair) => (pair[1] === "" ? pair[0] : `${pair[0]}=${hidden(pair)}`)).join(between);
}

function hidden([name, value]: Pair): string {
  return SECRET.test(name) ? "…" : value;
}

/** The value of a field, as it may be shown. */
export function shownValue(pair: Pair): string {
  return plain(hidden(pair));
}

/** What has no shape of its own, or turns the line about, is shown as a sign. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "␦");
}
