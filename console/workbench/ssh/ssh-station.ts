/** What belongs to one SSH session on the page: the terminal with its screen, and the files. */
import type { CauseView, LiveSessionView } from "../../../broker/api/shapes/sessions.ts";
import { TerminalScreen } from "../../components/terminal/terminal-screen.ts";
import type { SessionEvent } from "../session-state.ts";
import type { Desk, Way } from "../use-session.ts";
import { FilesDesk } from "./files-desk.ts";
import { TerminalDesk } from "./terminal-desk.ts";

export type SshReach = NonNullable<LiveSessionView["ssh"]>;

/** What the page does about keys and pastes; set by the component that shows it. */
export interface StationKeys {
  /** A key that is the page's; true where it was. */
  key(event: KeyboardEvent): boolean;
}

export class SshStation implements Desk {
  readonly reach: SshReach;
  readonly screen: TerminalScreen;
  readonly terminal: TerminalDesk;
  readonly files = new FilesDesk();
  keys: StationKeys = { key: () => false };

  constructor(reach: SshReach, label: string) {
    this.reach = reach;
    this.screen = new TerminalScreen({
      label,
      typed: (text) => this.terminal.typed(text),
      resized: (size) => this.terminal.resized(size),
      key: (event) => this.keys.key(event),
    });
    this.terminal = new TerminalDesk(this.screen, reach.shell ? { kind: "shell" } : undefined);
  }

  connect(way: Way): void {
    this.terminal.connect(way);
    this.files.connect(way);
  }

  attached(channel: number): void {
    this.terminal.attached(channel);
  }

  away(keeps?: boolean): void {
    this.terminal.away(keeps);
  }

  resumed(): void {
    this.terminal.resumed();
  }

  bytes(bytes: Uint8Array, shown: () => void): void {
    this.terminal.bytes(bytes, shown);
  }

  closed(cause: CauseView): void {
    this.terminal.closed(cause);
  }

  decision(decision: Extract<SessionEvent, { kind: "decision" }>): void {
    this.terminal.decision(decision);
    this.files.decision(decision);
  }
}
