/**
 * Programs that fill a terminal, natively and through the broker, at the same asset with the same
 * keys: screen for screen the same, attributes and cursor included, although the lines on both
 * sides of the broker are slow and cut what they carry anywhere. What the recording tells are the
 * very bytes that the person's terminal was sent.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import headless from "@xterm/headless";
import ssh2, { type ClientChannel } from "ssh2";
import { expect, onTestFinished } from "vitest";
import { TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import { testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { type Slowness, slowLink } from "../kit/slow-link.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

/** A program draws when it has the time; the machine may be busy with other tests. */
const WITHIN = { timeout: 40_000, interval: 25 };
const SIZE = { cols: 90, rows: 28 };
const LARGER = { cols: 110, rows: 34 };

/** A modem in the plant, and a person far away. */
const TO_ASSET: Slowness = { delayMs: 20, bytesPerSecond: 40_000 };
const TO_PERSON: Slowness = { delayMs: 40, bytesPerSecond: 24_000 };

async function slowly(port: number, slowness: Slowness): Promise<number> {
  const link = await slowLink(port, slowness);
  onTestFinished(() => link.close());
  return link.port;
}

interface Asked {
  readonly port: number;
  readonly username: string;
  readonly privateKey?: string;
}

/** A person's terminal with a program in it. */
class Person {
  readonly screen = new headless.Terminal({ ...SIZE, allowProposedApi: true, scrollback: 0 });
  readonly received: Buffer[] = [];
  private readonly stream: ClientChannel;

  private constructor(stream: ClientChannel) {
    this.stream = stream;
    stream.on("data", (bytes: Buffer) => {
      this.received.push(Buffer.from(bytes));
      this.screen.write(bytes);
    });
    // What a program asks of a terminal, the terminal answers.
    this.screen.onData((answer) => stream.write(answer));
  }

  static async run(asked: Asked, command: string): Promise<Person> {
    const client = new ssh2.Client();
    onTestFinished(() => {
      client.end();
    });
    client.on("error", () => undefined);
    client.connect({ host: "127.0.0.1", readyTimeout: 60_000, ...asked });
    await new Promise<void>((resolve, reject) => {
      client.once("ready", () => resolve()).once("error", reject);
    });
    const pty = { ...SIZE, term: "xterm-256color" };
    return new Promise((resolve, reject) => {
      client.exec(command, { pty }, (error, stream) =>
        error ? reject(error) : resolve(new Person(stream)),
      );
    });
  }

  type(keys: string): void {
    this.stream.write(keys);
  }

  resize(): void {
    this.screen.resize(LARGER.cols, LARGER.rows);
    this.stream.setWindow(LARGER.rows, LARGER.cols, 0, 0);
  }

  /** @param plain what of a line counts: numbers that change by themselves do not */
  seen(plain: (line: string) => string): unknown {
    const { buffer } = this.screen;
    const { type, cursorX, cursorY } = buffer.active;
    const lines = Array.from({ length: this.screen.rows }, (_, row) => {
      const line = buffer.active.getLine(buffer.active.baseY + row);
      return plain(line?.translateToString(true) ?? "");
    });
    return { type, cursorX, cursorY, lines };
  }

  /** Colours and weights of each cell. */
  get looks(): readonly string[] {
    const { active } = this.screen.buffer;
    return Array.from({ length: this.screen.rows }, (_, row) => {
      const line = active.getLine(active.baseY + row);
      return Array.from({ length: this.screen.cols }, (_, column) => {
        const cell = line?.getCell(column);
        const weight = `${cell?.isBold()}${cell?.isInverse()}${cell?.isUnderline()}`;
        return `${cell?.getFgColor()}/${cell?.getBgColor()}/${weight}`;
      }).join(" ");
    });
  }
}

interface Step {
  readonly keys?: string;
  readonly resize?: true;
  /** On the screen when it is done. */
  readonly shows: RegExp;
}

interface Program {
  readonly name: string;
  /** Makes what it needs beside the file. */
  command(file: string): string;
  readonly steps: readonly Step[];
  readonly plain?: (line: string) => string;
}

const ENVIRONMENT = "env -i PATH=/usr/bin:/bin TERM=xterm-256color LANG=C.UTF-8 HOME=/nonexistent";
/** No clock and no name of the machine; it ends with the connection, and leaves nothing behind. */
const TMUX = `set -g status-right ""
set -g default-command "exec /bin/sh"
set -g destroy-unattached on
set -g automatic-rename off
`;
/** No hints by chance, and not how full the disk is. */
const MC = `[Midnight-Commander]
use_internal_edit=true
[Layout]
message_visible=false
free_space=false
keybar_visible=true
`;
/** Clocks, loads and counts go on by themselves. */
const withoutNumbers = (line: string) => line.replace(/[\d.,:+\s]+/g, " ").trim();

const PROGRAMS: readonly Program[] = [
  {
    name: "vim",
    command: (file) => `${ENVIRONMENT} vim -u NONE -i NONE -n -N ${file}`,
    steps: [
      { shows: /line 1 of the log/ },
      { keys: "ggiWasserwerk 水ポンプ\x1b", shows: /Wasserwerk 水ポンプ/ },
      { keys: ":set hlsearch\r/pump 4\r", shows: /pump 4/ },
      { keys: ":split\r\x06", shows: /line 26 of the log.*line 15 of the log/s },
      { keys: "ggOstill here\x1b", shows: /still here/ },
      // Last: what is typed while a program takes its new size may be lost natively too.
      { resize: true, shows: /still here/ },
    ],
  },
  {
    name: "less",
    command: (file) => `${ENVIRONMENT} less -R ${file}`,
    steps: [
      { shows: /line 1 of the log/ },
      { keys: " ", shows: /line 50 of the log/ },
      { keys: "/pump 42\r", shows: /pump 42/ },
      { keys: "G", shows: /line 400 of the log/ },
    ],
  },
  {
    name: "top",
    // Of itself alone: other processes come and go.
    command: () => `${ENVIRONMENT} sh -c 'exec top -d 300 -p $$'`,
    steps: [{ shows: /PID +USER/ }, { keys: "h", shows: /Help for Interactive Commands/ }],
    plain: withoutNumbers,
  },
  {
    name: "tmux",
    command: (file) => {
      const configured = `${file}.tmux`;
      writeFileSync(configured, TMUX);
      const socket = `-S "$(mktemp -u ${path.dirname(file)}/tmux.XXXXXX)"`;
      return `${ENVIRONMENT} tmux -u ${socket} -f ${configured} new-session -n log`;
    },
    steps: [
      { shows: /[#$] / },
      { keys: "printf '\\033[3%dmpump %d\\033[0m\\n' 1 1 2 2 3 3\r", shows: /\npump 3\n/ },
      { keys: "\x02%", shows: /│[#$]/ },
      { keys: "echo Wasserwerk 水ポンプ\r", shows: /│Wasserwerk 水ポンプ/ },
      { keys: '\x02"', shows: /├───/ },
      { keys: "\x02[", shows: /\[0\/\d+\]/ },
      { keys: "q", shows: /^(?!.*\[0\/).*├───/s },
      { resize: true, shows: /│Wasserwerk 水ポンプ/ },
    ],
  },
  {
    name: "mc",
    command: (file) => {
      const home = path.join(path.dirname(file), "settings");
      mkdirSync(path.join(home, "mc"), { recursive: true });
      writeFileSync(path.join(home, "mc/ini"), MC);
      const own = `XDG_CONFIG_HOME=${home} XDG_CACHE_HOME=${home} XDG_DATA_HOME=${home}`;
      return `cd ${path.dirname(file)} && ${ENVIRONMENT} ${own} mc -u`;
    },
    steps: [
      { shows: /plant\.log .*10Quit/s },
      { keys: "\x1bOF", shows: /├─+┤├─+┤\n│ ?plant\.log/ },
      { keys: "\x1bOR", shows: /line 1 of the log/ },
      { keys: "\x1b[21~", shows: /\/settings.*10Quit/s },
      { keys: "\x1b[20~\x1bOB", shows: /File listing/ },
      { keys: "\x1b[21~", shows: /^(?!.*File listing).*10Quit/s },
      { resize: true, shows: /10Quit/ },
    ],
  },
];

for (const program of PROGRAMS) {
  testWith([program.name, SSHD])(
    `${program.name} over slow lines looks through the broker as it does natively, and so does its recording`,
    async () => {
      const asset = await startSshd(temporaryFolder());
      const far = { ...asset, port: await slowly(asset.port, TO_ASSET) };
      const to = await sshRoad(far, "- { name: all, permit: [configure] }");
      const file = path.join(asset.home, "plant.log");
      const lines = Array.from({ length: 400 }, (_, n) => `line ${n + 1} of the log, pump ${n}`);
      writeFileSync(file, `${lines.join("\n")}\n`);
      const { port, user: username, privateKey } = asset;
      const through = { port: await slowly(to.conduit.port, TO_PERSON), username: "any" };
      const command = program.command(file);
      const native = await Person.run({ port, username, privateKey }, command);
      const brokered = await Person.run(through, command);
      const { plain = (line: string) => line } = program;
      for (const [n, step] of program.steps.entries()) {
        for (const person of [native, brokered]) {
          if (step.resize) person.resize();
          if (step.keys) person.type(step.keys);
        }
        const whole = () => JSON.stringify(native.seen((line) => line)).replaceAll('","', "\n");
        await expect.poll(whole, WITHIN).toMatch(step.shows);
        const looks = (person: Person) => (program.plain ? [] : person.looks);
        const differ = () => {
          const [one, other] = [native, brokered].map((person) =>
            JSON.stringify([person.seen(plain), looks(person)]),
          );
          return one === other ? "" : `natively ${one}\nthrough the broker ${other}`;
        };
        await expect.poll(differ, { ...WITHIN, message: `step ${n}` }).toBe("");
      }
      const received = Buffer.concat(brokered.received);
      await to.conduit.stop();
      const [tape = []] = await recorded(to.recordings);
      const history = new TerminalHistory();
      const shown = tape.flatMap((record) =>
        history.push(record).flatMap((event) => (event.kind === "output" ? [event.bytes] : [])),
      );
      expect(received.length).toBeGreaterThan(1_000);
      expect(Buffer.concat(shown).subarray(0, received.length).equals(received)).toBe(true);
    },
    120_000,
  );
}
