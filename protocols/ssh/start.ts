/** What a client asks to run on a session channel, as operations, and what filters its data. */
import type { Operation } from "../guard.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldWriter } from "./field-writer.ts";
import type { SshMessage } from "./message.ts";
import type { SshOperation } from "./operation.ts";
import type { Start } from "./requests.ts";
import { isQuotedScp, isScp, parseScp, scpCommand } from "./scp-command.ts";
import { fileOf, ScpFilter } from "./scp-filter.ts";
import { SftpFilter } from "./sftp/sftp-filter.ts";
import type { FilterHost, OlderTape, StreamFilter } from "./stream-filter.ts";

export const SFTP = "sftp";

/**
 * Undefined where it must not be carried at all: an scp whose path the asset's shell would read
 * otherwise than a rule does.
 * @param terminal of the channel, where it has one
 */
export function startItems(
  { kind, text }: Start,
  terminal: string | undefined,
  { openedUnlooked }: OlderTape = {},
): readonly Operation[] | undefined {
  if (kind === "shell")
    return [of({ action: "ssh:shell", class: "configure", terminal: terminal ?? "" })];
  if (kind === "subsystem") {
    const isFiles = text === SFTP;
    return [of({ action: "ssh:subsystem", class: isFiles ? "transfer" : "program", name: text })];
  }
  if (!isScp(text)) return [of({ action: "ssh:exec", class: "configure", command: text })];
  const scp = openedUnlooked && isQuotedScp(text) ? undefined : parseScp(text);
  return scp && [fileOf(scp.gives ? "file:read" : "file:write", scp.path)];
}

/** The fields that start it on the asset: the client's own, but an scp is written anew. */
export function carriedFields({ kind, text, rest }: Start): Uint8Array {
  const scp = kind === "exec" ? parseScp(text) : undefined;
  return scp ? new FieldWriter().string(encodeUtf8(scpCommand(scp))).plain() : rest;
}

/** Undefined where the data is what a person types and sees. */
export function filterFor(
  { kind, text }: Start,
  decision: number,
  host: FilterHost,
): StreamFilter | undefined {
  if (kind === "subsystem" && text === SFTP) return new SftpFilter(decision, host);
  const scp = kind === "exec" ? parseScp(text) : undefined;
  return scp && new ScpFilter(scp, decision, host);
}

function of(operation: SshOperation): SshOperation {
  return operation;
}

/** What the asset says to an opening and to what was asked to run. */
export type StartAnswer =
  | { readonly kind: "opened" | "running" }
  | { readonly kind: "failed"; readonly text: string; readonly code: number };

/** Undefined where it answers nothing. */
export function readStartAnswer(message: SshMessage, opened: boolean): StartAnswer | undefined {
  const { kind } = message;
  if (kind === "close") return { kind: "failed", text: "the asset closed the channel", code: 0 };
  if (opened) {
    if (kind === "success") return { kind: "running" };
    return kind === "failure"
      ? { kind: "failed", text: "the asset refused it", code: 1 }
      : undefined;
  }
  if (kind === "open-confirmation") return { kind: "opened" };
  if (kind !== "open-failure") return undefined;
  const text = message.text === "" ? "the asset opened no channel" : message.text;
  return { kind: "failed", text, code: message.reason };
}
