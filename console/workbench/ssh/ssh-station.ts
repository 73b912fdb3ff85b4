/** What belongs to one SSH session on the page: the screen and what speaks for it. */
import type { LiveSessionView } from "../../../broker/api/shapes/sessions.ts";
import { TerminalScreen } from "../../components/terminal/terminal-screen.ts";
import { TerminalDesk } from "./terminal-desk.ts";

export type SshReach = NonNullable<LiveSessionView["ssh"]>;

/** What the page does about keys and pastes; set by the component that shows it. */
export interface StationKeys {
  /** A key that is the page's; true where it was. */
  key(event: KeyboardEvent): boolean;
}

export class SshStation {
  readonly reach: SshReach;
  readonly screen: TerminalScreen;
  readonly desk: TerminalDesk;
  keys: StationKeys = { key: () => false };

  constructor(reach: SshReach, label: string) {
    this.reach = reach;
    this.screen = new TerminalScreen({
      label,
      typed: (text) => this.desk.typed(text),
      resized: (size) => this.desk.resized(size),
      key: (event) => this.keys.key(event),
    });
    this.desk = new TerminalDesk(this.screen, reach.shell ? { kind: "shell" } : undefined);
  }
}
