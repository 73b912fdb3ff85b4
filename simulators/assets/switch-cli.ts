/**
 * The command line of a managed switch, as text in and text out: prompts, abbreviations, paging,
 * a configuration mode. It knows nothing of SSH.
 */
export interface SwitchPort {
  readonly name: string;
  description: string;
  up: boolean;
  shutdown: boolean;
  vlan: number;
}

export interface SwitchState {
  hostname: string;
  readonly ports: SwitchPort[];
  reloads: number;
  bootedMs: number;
}

export function startingSwitch(nowMs: number): SwitchState {
  const described: readonly (readonly [string, number])[] = [
    ["PLC treatment", 10],
    ["PLC distribution", 20],
    ["HMI panel Ölpumpe", 10],
    ["Historian", 30],
    ["Spare", 1],
    ["Spare", 1],
    ["Camera gate", 40],
    ["Uplink DMZ", 99],
  ];
  const ports = described.map(([description, vlan], n) => {
    const isSpare = description === "Spare";
    return { name: `Gi1/0/${n + 1}`, description, up: !isSpare, shutdown: isSpare, vlan };
  });
  return { hostname: "sw-works", ports, reloads: 0, bootedMs: nowMs };
}

export type Mode = "exec" | "config" | "interface";

export interface Answer {
  readonly text: string;
  /** The session ends. */
  readonly ends?: true;
}

/** One session on the switch. */
export class SwitchCli {
  private readonly state: SwitchState;
  private readonly nowMs: () => number;
  private mode: Mode = "exec";
  private port: SwitchPort | undefined;
  private confirming = false;

  constructor(state: SwitchState, nowMs: () => number) {
    this.state = state;
    this.nowMs = nowMs;
  }

  get prompt(): string {
    if (this.confirming) return "Proceed with reload? [confirm] ";
    const { hostname } = this.state;
    if (this.mode === "config") return `${hostname}(config)# `;
    return this.mode === "interface" ? `${hostname}(config-if)# ` : `${hostname}# `;
  }

  run(line: string): Answer {
    if (this.confirming) return this.confirm(line);
    const words = line.trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) return { text: "" };
    if (this.mode === "exec") return this.exec(words);
    return this.configure(words);
  }

  private exec(words: readonly string[]): Answer {
    const [verb = "", ...rest] = words;
    if (isShort(verb, "show", 2)) return { text: this.show(rest) };
    if (isShort(verb, "configure", 4)) return this.enter("config");
    if (isShort(verb, "reload", 3)) {
      this.confirming = true;
      return { text: "" };
    }
    if (isShort(verb, "exit", 2) || isShort(verb, "logout", 2)) return { text: "", ends: true };
    if (verb === "?" || isShort(verb, "help", 1)) return { text: HELP };
    return invalid(verb);
  }

  private confirm(line: string): Answer {
    this.confirming = false;
    if (line !== "" && !/^y/i.test(line)) return { text: "" };
    this.state.reloads += 1;
    this.state.bootedMs = this.nowMs();
    return { text: "Reloading…\n", ends: true };
  }

  private show(rest: readonly string[]): string {
    const [what = "", name] = rest;
    if (isShort(what, "version", 1)) return this.version();
    if (isShort(what, "interfaces", 3)) return this.interfaces(name);
    if (isShort(what, "running-config", 3)) return this.runningConfig();
    if (isShort(what, "logging", 3)) return log(120);
    return invalid(`show ${what}`).text;
  }

  private version(): string {
    const seconds = Math.floor((this.nowMs() - this.state.bootedMs) / 1000);
    return [
      "Simulated Industrial Switch, Version 4.2.1",
      `${this.state.hostname} uptime is ${seconds} seconds, reloads ${this.state.reloads}`,
      `${this.state.ports.length} Gigabit Ethernet interfaces`,
      "",
    ].join("\n");
  }

  private interfaces(name: string | undefined): string {
    const wanted = this.state.ports.filter((port) => name === undefined || port.name === name);
    if (wanted.length === 0) return invalid(`show interfaces ${name}`).text;
    const rows = wanted.map((port) => {
      const status = port.shutdown ? "disabled" : port.up ? "connected" : "notconnect";
      return `${port.name.padEnd(10)}${port.description.padEnd(22)}${status.padEnd(12)}${port.vlan}`;
    });
    return ["Port      Description           Status      VLAN", ...rows, ""].join("\n");
  }

  private runningConfig(): string {
    const ports = this.state.ports.flatMap((port) => [
      "!",
      `interface ${port.name}`,
      ` description ${port.description}`,
      ` switchport access vlan ${port.vlan}`,
      ...(port.shutdown ? [" shutdown"] : []),
    ]);
    return [`hostname ${this.state.hostname}`, ...ports, "!", "end", ""].join("\n");
  }

  private configure(words: readonly string[]): Answer {
    const [verb = "", ...rest] = words;
    if (isShort(verb, "end", 3)) return this.enter("exec");
    if (isShort(verb, "exit", 2)) return this.enter(this.mode === "interface" ? "config" : "exec");
    if (isShort(verb, "interface", 3)) return this.enterPort(rest.join(""));
    if (isShort(verb, "hostname", 4) && rest[0]) {
      this.state.hostname = rest[0].replace(/[^\w-]/g, "").slice(0, 24);
      return { text: "" };
    }
    return this.port === undefined ? invalid(verb) : this.configurePort(this.port, words);
  }

  private enterPort(name: string): Answer {
    const port = this.state.ports.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!port) return invalid(name);
    this.port = port;
    return this.enter("interface");
  }

  private configurePort(port: SwitchPort, words: readonly string[]): Answer {
    const line = words.join(" ");
    if (/^(no )?shut(down)?$/.test(line)) {
      port.shutdown = !line.startsWith("no ");
      port.up = !port.shutdown;
      return { text: `%LINK-5-CHANGED: ${port.name} is ${port.up ? "up" : "down"}\n` };
    }
    if (words[0] === "description") {
      port.description = words.slice(1).join(" ").slice(0, 20);
      return { text: "" };
    }
    const [, vlan] = /^switchport access vlan (\d{1,4})$/.exec(line) ?? [];
    if (vlan === undefined) return invalid(line);
    port.vlan = Number(vlan);
    return { text: "" };
  }

  private enter(mode: Mode): Answer {
    this.mode = mode;
    if (mode !== "interface") this.port = undefined;
    return { text: "" };
  }
}

const HELP = `  show version | interfaces [PORT] | running-config | logging
  configure terminal
  reload
  exit
`;

/** A command may be shortened as long as it is plain. */
function isShort(word: string, whole: string, lengthMin: number): boolean {
  return word.length >= lengthMin && whole.startsWith(word.toLowerCase());
}

function invalid(what: string): Answer {
  return { text: `% Invalid input: ${what}\n` };
}

function log(count: number): string {
  const lines = Array.from({ length: count }, (_, n) => {
    const port = `Gi1/0/${(n % 8) + 1}`;
    return `${String(n + 1).padStart(4, "0")} %LINEPROTO-5-UPDOWN: Line protocol on ${port}`;
  });
  return `${lines.join("\n")}\n`;
}
