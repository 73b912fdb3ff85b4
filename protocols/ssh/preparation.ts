/** What a client says before anything runs: the terminal that it has and the variables that it sets. */
import type { SshMessage } from "./message.ts";
import { terminalOf } from "./requests.ts";
import { withSize } from "./terminal-modes.ts";

/** OpenSSH sends a handful (LANG, LC_*); RFC 4254, 6.4 warns of uncontrolled setting. */
const ENV_MAX = 64;
/** Requests answered before anything runs; a client needs three. */
const REQUESTS_MAX = 256;
/** RFC 4254, 6.7: columns, rows, width, height. */
export const WINDOW_CHANGE_LENGTH = 16;

export class Preparation {
  private pty: { readonly terminal: string; readonly rest: Uint8Array } | undefined;
  private readonly env: Uint8Array[] = [];
  private requests = 0;

  /** Its name; undefined where the channel has none. */
  get terminal(): string | undefined {
    return this.pty?.terminal;
  }

  get isFull(): boolean {
    return this.env.length >= ENV_MAX;
  }

  /** False where there were too many. */
  takeRequest(): boolean {
    this.requests += 1;
    return this.requests <= REQUESTS_MAX;
  }

  /** False where it is none, or a second one. */
  takeTerminal(rest: Uint8Array): boolean {
    const terminal = terminalOf(rest);
    if (terminal === undefined || this.pty) return false;
    this.pty = { terminal, rest };
    return true;
  }

  /** What runs then begins in the new size. False where there is no terminal, or no size. */
  resize(size: Uint8Array): boolean {
    if (!this.pty || size.length !== WINDOW_CHANGE_LENGTH) return false;
    this.pty = { ...this.pty, rest: withSize(this.pty.rest, size) };
    return true;
  }

  addVariable(rest: Uint8Array): void {
    this.env.push(rest);
  }

  /** For the asset, before what runs. */
  messages(): readonly SshMessage[] {
    const of = (name: string, rest: Uint8Array): SshMessage => {
      return { kind: "request", name, wantReply: false, rest };
    };
    const terminal = this.pty ? [of("pty-req", this.pty.rest)] : [];
    return [...terminal, ...this.env.map((rest) => of("env", rest))];
  }
}
