/**
 * Networks on one machine, without any right on it: IT, the broker's DMZ, that of a gateway and the
 * plant are network namespaces inside a user namespace, joined by pairs of virtual interfaces. Commands
 * run as root of that user namespace, which is nobody outside. All of it ends with the lab.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

export const PLACES = ["it", "dmz", "gate", "plant"] as const;
export type Place = (typeof PLACES)[number];

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Towards people: 10.1.0.1 is the broker, 10.1.0.9 somebody. */
const PEOPLE = `
set -e
own=$(readlink /proc/self/ns/net)
unshare -n sleep 100000 & IT=$!
unshare -n sleep 100000 & GATE=$!
unshare -n sleep 100000 & PLANT=$!
for pid in $IT $GATE $PLANT; do
  while [ "$(readlink /proc/$pid/ns/net)" = "$own" ]; do sleep 0.05; done
done
ip link set lo up
ip link add name it0 type veth peer name it1
ip link set it1 netns $IT
ip address add 10.1.0.1/24 dev it0
ip link set it0 up
nsenter -t $IT -n ip link set lo up
nsenter -t $IT -n ip address add 10.1.0.9/24 dev it1
nsenter -t $IT -n ip link set it1 up
nsenter -t $IT -n ip route add default via 10.1.0.1
`;

/** The broker's machine has the leg in the plant. */
const ONE_MACHINE = `
ip link add name pl0 type veth peer name pl1
ip link set pl1 netns $PLANT
ip address add 10.20.0.1/24 dev pl0
ip link set pl0 up
`;

/** A gateway's has it, and every route that somebody could have left behind by mistake is there. */
const TWO_PLANES = `
nsenter -t $GATE -n ip link set lo up
ip link add name gt0 type veth peer name gt1
ip link set gt1 netns $GATE
ip address add 10.5.0.1/24 dev gt0
ip link set gt0 up
ip route add 10.20.0.0/24 via 10.5.0.2
nsenter -t $GATE -n ip address add 10.5.0.2/24 dev gt1
nsenter -t $GATE -n ip link set gt1 up
nsenter -t $GATE -n ip route add default via 10.5.0.1
nsenter -t $GATE -n ip link add name pl0 type veth peer name pl1
nsenter -t $GATE -n ip link set pl1 netns $PLANT
nsenter -t $GATE -n ip address add 10.20.0.1/24 dev pl0
nsenter -t $GATE -n ip link set pl0 up
`;

const PLANT = `
nsenter -t $PLANT -n ip link set lo up
nsenter -t $PLANT -n ip address add 10.20.0.5/24 dev pl1
nsenter -t $PLANT -n ip link set pl1 up
nsenter -t $PLANT -n ip route add default via 10.20.0.1
set +e
`;

const COMMAND_MS = 180_000;

export class Lab {
  private readonly shell: ChildProcessWithoutNullStreams;
  private output = "";
  private count = 0;
  private wake = () => {};

  private constructor(shell: ChildProcessWithoutNullStreams) {
    this.shell = shell;
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.wake();
      });
    }
    shell.on("close", () => this.wake());
  }

  /** Rejects where the system allows no such namespaces. */
  static async open(planes: "one machine" | "two planes" = "one machine"): Promise<Lab> {
    const shell = spawn("unshare", ["-Urnpf", "--kill-child", "--mount-proc", "sh"], {
      stdio: "pipe",
    });
    const lab = new Lab(shell);
    const between = planes === "two planes" ? TWO_PLANES : ONE_MACHINE;
    const made = await lab.command(`${PEOPLE}${between}${PLANT}\ntrue`);
    if (made.code !== 0) throw new Error(made.output);
    return lab;
  }

  run(place: Place, command: string): Promise<Ran> {
    return this.command(this.at(place, `sh -c ${quoted(command)} </dev/null`));
  }

  /**
   * A program that goes on until the lab closes; its words go to the file, its input is a pipe.
   * @returns its number inside the lab
   */
  async start(place: Place, command: string, log: string): Promise<string> {
    const input = `${log}.in`;
    await this.command(`mkfifo ${input}; sleep 100000 > ${input} &`);
    const started = `${this.at(place, command)} < ${input} > ${log} 2>&1 & echo $!`;
    return (await this.command(started)).output.trim();
  }

  /** A line for a program that goes on. */
  async tell(log: string, line: string): Promise<void> {
    await this.command(`echo ${quoted(line)} > ${log}.in`);
  }

  close(): void {
    this.shell.kill("SIGKILL");
  }

  private at(place: Place, command: string): string {
    if (place === "dmz") return command;
    return `nsenter -t $${place.toUpperCase()} -n ${command}`;
  }

  private async command(text: string): Promise<Ran> {
    this.count += 1;
    const mark = `@@${this.count}@@`;
    this.output = "";
    this.shell.stdin.write(`${text}\necho "${mark} $?"\n`);
    const ended = new RegExp(`${mark} (\\d+)\\n`);
    const lateMs = Date.now() + COMMAND_MS;
    for (;;) {
      const [whole, code] = ended.exec(this.output) ?? [];
      if (whole !== undefined) {
        return { code: Number(code), output: this.output.replace(whole, "") };
      }
      if (this.shell.exitCode !== null || Date.now() > lateMs) {
        return { code: 127, output: this.output };
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
