/** What was asked and done over SSH, in words. Names and commands are of assets and people: text. */
import type { PassedOperation, SshOperation } from "../../protocols/ssh/operation.ts";
import { byteSize } from "../components/sizes.ts";
import { replayText } from "../text/replay.ts";
import { terminalText } from "../text/terminal.ts";
import type { EntryWords } from "./entry-words.ts";
import type { Entry } from "./story.ts";

const words = terminalText.deeds;

export function deedWords(entry: Extract<Entry, { kind: "deed" }>): EntryWords {
  const { operation, judged, status } = entry;
  const { answer, rule, reason } = judged;
  const act = words.acts[operation.action];
  const entryText = replayText.entry;
  return {
    act:
      answer.kind === "deny"
        ? entryText.refused(act)
        : answer.kind === "hold"
          ? entryText.heldAct(act)
          : act,
    what: plain(whatOf(operation)),
    result: answer.kind === "permit" && status !== undefined ? words.status(status) : "",
    rule,
    reason,
    tone:
      answer.kind === "deny"
        ? "alarm"
        : answer.kind === "hold" || (status ?? 0) !== 0
          ? "attention"
          : "normal",
  };
}

export function typedWords({ text, echo }: Extract<Entry, { kind: "typed" }>): EntryWords {
  return {
    ...{ act: words.typed, what: echo ? plain(text) : words.masked },
    ...{ result: "", rule: "", reason: "", tone: "normal" },
  };
}

export function endedWords({ command, status }: Extract<Entry, { kind: "ended" }>): EntryWords {
  return {
    ...{ act: words.ended, what: plain(command), result: words.status(status) },
    ...{ rule: "", reason: "", tone: status === 0 ? "normal" : "attention" },
  };
}

function whatOf(operation: SshOperation): string {
  switch (operation.action) {
    case "ssh:shell":
      return operation.terminal;
    case "ssh:exec":
      return operation.command;
    case "ssh:input":
      return "";
    case "ssh:env":
      return `${operation.name}=${operation.value}`;
    case "ssh:forward":
      return `${operation.name} ${operation.to}`;
    case "ssh:subsystem":
    case "ssh:other":
      return operation.name;
    case "file:passed":
      return passedWords(operation);
    default: {
      const { path, target, size, name, digest } = operation;
      const to = target === undefined ? "" : ` → ${target}`;
      const large = size === undefined ? "" : ` (${byteSize(size)})`;
      const whole = digest === undefined ? "" : ` SHA-256 ${digest}`;
      return `${name === undefined ? "" : `${name} `}${path}${to}${large}${whole}`;
    }
  }
}

function passedWords(operation: PassedOperation): string {
  const { path, target, way, extent, size, offset = 0, digest } = operation;
  const place = target === undefined ? path : `${path} → ${target}`;
  const much = extent === "part" ? words.extents.part(offset) : words.extents[extent];
  const sum = digest === undefined ? "" : `, SHA-256 ${digest}`;
  return `${place} ${words.ways[way]} (${byteSize(size)}, ${much})${sum}`;
}

/** What has no shape of its own, or turns the line about, is shown as a sign. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "␦");
}
