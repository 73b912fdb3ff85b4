/** `sallyport connect`: a tool of one's own works in a session, through a port of this machine. */
import type { Opened } from "../../api/shapes/connect.ts";
import type { BrokerClient } from "./broker-client.ts";
import { askWords, EventWords, openedWords } from "./connect-words.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { LocalPort } from "./local-port.ts";
import { type Flags, harmless, jsonLine, type Output } from "./output.ts";
import { TELLS_PEERS } from "./peer-uid.ts";
import { type Ended, type LinkEvents, SessionLink } from "./session-link.ts";
import { ToolLine } from "./tool-line.ts";

export interface ConnectAsked extends Flags {
  /** `ASSET` or `ASSET/ENDPOINT`; or the id of a session of one's own that is open already. */
  readonly target: string;
  readonly session?: boolean;
  readonly profile?: string;
  readonly port: number;
}

/** What stops it from outside: Ctrl-C, and Enter. */
export interface Keys {
  onStop(stop: () => void): void;
  onEnter(touch: () => void): void;
}

export async function connect(
  client: BrokerClient,
  asked: ConnectAsked,
  keys: Keys,
  out: Output,
): Promise<ExitCode> {
  const work = new ConnectWork(client, asked, out);
  return work.run(keys);
}

class ConnectWork {
  private readonly client: BrokerClient;
  private readonly asked: ConnectAsked;
  private readonly out: Output;
  private readonly link: SessionLink;
  private readonly lines = new Set<ToolLine>();
  private readonly words = new EventWords();
  private session = "";
  private protocol = "";
  private stopped = false;
  private local: LocalPort | undefined;

  constructor(client: BrokerClient, asked: ConnectAsked, out: Output) {
    this.client = client;
    this.asked = asked;
    this.out = out;
    this.link = new SessionLink(client, this.events());
  }

  async run(keys: Keys): Promise<ExitCode> {
    keys.onStop(() => this.stop());
    keys.onEnter(() => this.link.activity());
    // Before anything is opened: a port that is taken opens no session.
    const local = await LocalPort.open({
      port: this.asked.port,
      came: (tool) => this.carry(new ToolLine(tool, this.protocol === "tcp")),
      stranger: () => this.say("a program of another account of this machine was turned away."),
    });
    this.local = local;
    try {
      this.opened(await this.link.open(this.wanted()));
      const ended = await this.link.ended;
      this.tellEnded(ended);
      return this.stopped || ended.rule === "owner-ended" ? EXIT.done : EXIT.ended;
    } catch (error) {
      if (this.stopped) return EXIT.done;
      throw error;
    } finally {
      local.close();
      this.link.close();
      for (const line of [...this.lines]) line.close();
    }
  }

  private opened(opened: Opened): void {
    this.session = opened.session.id;
    this.protocol = opened.tool.protocol;
    if (this.local) this.tellOpened(opened, this.local);
  }

  private wanted() {
    const { target, session, profile } = this.asked;
    if (session) return { kind: "resume", session: target } as const;
    return { kind: "open", target, ...(profile !== undefined && { profile }) } as const;
  }

  /** A tool that comes while the broker is away finds a closed door, and may come again. */
  private carry(line: ToolLine): void {
    if (this.session === "" || !this.link.isUp) {
      line.close();
      return;
    }
    this.lines.add(line);
    const gone = () => this.lines.delete(line);
    line.onClosed(gone);
    line
      .open(this.client, this.session, (why) => this.say(`the tool was not let in: ${why}`))
      .catch((error: unknown) => {
        this.say(error instanceof Error ? error.message : String(error));
        line.close();
      });
  }

  private stop(): void {
    this.stopped = true;
    this.link.end();
  }

  private events(): LinkEvents {
    return {
      asked: (ask) => {
        if (this.asked.json) this.out.write(jsonLine(ask));
        else this.out.write(askWords(ask));
      },
      event: (event) => {
        if (this.asked.json) this.out.write(jsonLine({ kind: "event", event }));
        else {
          const words = this.words.of(event, performance.now());
          if (words !== undefined) this.say(words);
        }
      },
      channel: (reason) => this.say(`a connection of the tool was closed: ${reason}`),
      lost: (leaseMs) => {
        for (const line of [...this.lines]) line.close();
        this.say(`the broker is away; the session waits ${Math.round(leaseMs / 1_000)} seconds.`);
      },
      back: () => this.say("the broker is back; the tool can connect again."),
      takenOver: (origin) => {
        // Nothing of a tool joins it before the person has been told of the new one.
        this.session = "";
        this.say(
          `another broker has taken over (${origin}), the session was lost; a new one is asked for.`,
        );
      },
      reopened: (opened) => this.opened(opened),
    };
  }

  private tellOpened(opened: Opened, { address, port }: LocalPort): void {
    if (this.asked.json) {
      const { session, tool, leaseMs } = opened;
      this.out.write(jsonLine({ kind: "listening", address, port, session, tool, leaseMs }));
      return;
    }
    this.out.write(openedWords(opened, address, port));
    if (!TELLS_PEERS) this.say("this system does not tell whose programs connect: all may.");
  }

  private tellEnded({ rule, reason }: Ended): void {
    if (this.asked.json) this.out.write(jsonLine({ kind: "ended", rule, reason }));
    else this.say(`The session is over: ${reason} (${rule}).`);
  }

  private say(words: string): void {
    if (this.asked.json) this.out.write(jsonLine({ kind: "note", text: words }));
    else this.out.write(`${new Date().toLocaleTimeString("en-GB")}  ${harmless(words)}\n`);
  }
}
