/** What a client asks to run on a session channel, as operations, and what filters its data. */
import type { Operation } from "../guard.ts";
import type { SshOperation } from "./operation.ts";
import type { Start } from "./requests.ts";
import { isScp, parseScp } from "./scp-command.ts";
import { SftpFilter } from "./sftp/sftp-filter.ts";
import type { FilterHost, StreamFilter } from "./stream-filter.ts";

export const SFTP = "sftp";

/**
 * Undefined where it must not be carried at all: an scp whose path the asset's shell would read
 * otherwise than a rule does.
 * @param terminal of the channel, where it has one
 */
export function startItems(
  { kind, text }: Start,
  terminal: string | undefined,
): readonly Operation[] | undefined {
  if (kind === "shell")
    return [of({ action: "ssh:shell", class: "configure", terminal: terminal ?? "" })];
  if (kind === "subsystem") {
    const isFiles = text === SFTP;
    return [of({ action: "ssh:subsystem", class: isFiles ? "transfer" : "program", name: text })];
  }
  if (!isScp(text)) return [of({ action: "ssh:exec", class: "configure", command: text })];
  return parseScp(text) === undefined ? undefined : undefined;
}

/** Undefined where the data is what a person types and sees. */
export function filterFor(
  { kind, text }: Start,
  decision: number,
  host: FilterHost,
): StreamFilter | undefined {
  return kind === "subsystem" && text === SFTP ? new SftpFilter(decision, host) : undefined;
}

function of(operation: SshOperation): SshOperation {
  return operation;
}
