/** What `sallyport connect` tells the person while their tool works. */
import type { Opened, ToConnect } from "../../api/shapes/connect.ts";
import type { SessionEvent } from "../../sessions/session.ts";
import { harmless, leftText } from "./output.ts";

export function askWords({ url, number }: Extract<ToConnect, { kind: "ask" }>): string {
  return `\nApprove this session with your passkey:\n\n    open    ${url}\n    choose  ${number}\n\n`;
}

export function openedWords(opened: Opened, address: string, port: number): string {
  const { session, tool } = opened;
  const { name } = session.asset;
  const lines = [
    `${harmless(name)} (${session.endpoint}) is open until ${clock(session.untilMs)}, ${leftText(session.untilMs - Date.now())} left.`,
    `You may: ${session.capabilities.join(", ")}. All of it is decided and recorded.`,
    "",
    ...pointing(tool, address, port).map((line) => `    ${line}`),
    "",
    "Ctrl-C ends the session. Enter says that you are still here.",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function pointing(tool: Opened["tool"], address: string, port: number): readonly string[] {
  const at = `${address}:${port}`;
  switch (tool.protocol) {
    case "modbus":
      return modbusAt(tool.units ?? [], address, port);
    case "ssh":
      return [`ssh -p ${port} ${address}`, `host key: [${address}]:${port} ${tool.hostKey ?? ""}`];
    case "vnc":
      return [`vncviewer ${address}::${port}`, "no password"];
    case "opcua":
      return [
        `opc.tcp://${at}`,
        `user: anything, password: ${tool.ticket ?? ""}`,
        `certificate (SHA-256): ${tool.thumbprint ?? ""}`,
      ];
    default:
      return [at];
  }
}

/** Tools address unit 1 where nobody tells them another one, and would be refused. */
function modbusAt(units: readonly number[], address: string, port: number): readonly string[] {
  const named = units.length > 0 ? `, unit ${units.join(" or ")}` : "";
  const unit = units[0] === undefined || units.includes(1) ? "" : ` -a ${units[0]}`;
  return [
    `Modbus TCP at  ${address}:${port}${named}`,
    `mbpoll -m tcp${unit} -p ${port} ${address}`,
  ];
}

/** The same refusal again and again, as a tool that polls gets it, is told once in this time. */
const AGAIN_MS = 10_000;

export class EventWords {
  private readonly told = new Map<string, number>();

  /** Undefined for what needs no word. */
  of(event: SessionEvent, nowMs: number): string | undefined {
    switch (event.kind) {
      case "decision":
        return this.decision(event, nowMs);
      case "capabilities":
        return `you may now: ${event.classes.join(", ") || "nothing"} (${event.cause.reason})`;
      case "freeze":
        return event.frozen
          ? `frozen: ${event.cause.reason}. Reading may go on.`
          : "resumed: changes may pass again.";
      case "conditions": {
        const unmet = event.conditions.flatMap(({ unmet: cause }) => (cause ? [cause.reason] : []));
        return unmet.length > 0 ? `waiting: ${unmet.join("; ")}` : "changes may pass again.";
      }
      case "recorder":
        return event.state === "frozen"
          ? `nothing can be recorded now, so nothing may change: ${event.cause}`
          : "recording again.";
      case "answered":
        return `${event.by} ${event.permitted ? "agreed to" : "refused"} what was held.`;
      case "deadline": {
        const left = leftText(event.atMs - Date.now());
        return event.rule === "idle"
          ? `${left} until the session ends because nobody does anything: press Enter to stay.`
          : `${left} left: the session ends at ${clock(event.atMs)}.`;
      }
      default:
        return undefined;
    }
  }

  private decision(
    { action, verdict, rule, reason, answerByMs }: Extract<SessionEvent, { kind: "decision" }>,
    nowMs: number,
  ): string | undefined {
    const key = `${verdict} ${action} ${rule}`;
    if (nowMs - (this.told.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return undefined;
    // Whoever is refused many different things needs no list of all that was ever said.
    if (this.told.size > 1_000) this.told.clear();
    this.told.set(key, nowMs);
    if (verdict === "hold") {
      const until = answerByMs === undefined ? "" : ` until ${clock(answerByMs)}`;
      return `held for a second person${until}: ${action} (${rule})`;
    }
    return `refused: ${action}: ${reason} (${rule})`;
  }
}

export function clock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
