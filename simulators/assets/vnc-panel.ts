/**
 * The operator panel of the treatment plant: a VNC server that draws the works and works its
 * raw water pump. The jog button runs the pump only while it is held down.
 */
import { createCipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { WaterPlant } from "../process/water-plant.ts";
import { PanelCanvas } from "./panel-canvas.ts";
import { buttonAt, drawPanel, PANEL_HEIGHT, PANEL_WIDTH, type PanelButton } from "./panel-page.ts";
import { PanelScreen } from "./panel-screen.ts";

/** What it is signed in to with. Known to everybody: it is a toy. */
export const PANEL_PASSWORD = "waterhmi";

export interface VncPanel {
  readonly port: number;
  /** The button that is held down, for assertions. */
  readonly pressed: PanelButton | undefined;
  /** Every press of a button and key so far, for assertions. */
  readonly heard: readonly string[];
  /** Its picture, for assertions: 0xRRGGBB, row by row. */
  readonly pixels: Uint32Array;
  /** What its buttons ask of the process. */
  command(plant: WaterPlant): WaterPlant;
  show(plant: WaterPlant): void;
  close(): Promise<void>;
}

const STEP_HZ = 0.5;
const SPEED_MIN_HZ = 20;
const SPEED_MAX_HZ = 50;
const HEARD_MAX = 1_000;

/** @param port 0 picks a free one. Rejects with the system's error where the port is taken. */
export async function startVncPanel(port: number, plant: WaterPlant): Promise<VncPanel> {
  const panel = new Panel(plant);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    panel.serve(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get pressed() {
      return panel.pressed;
    },
    heard: panel.heard,
    pixels: panel.canvas.pixels,
    command: (now) => panel.command(now),
    show: (now) => panel.show(now),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class Panel {
  readonly canvas = new PanelCanvas(PANEL_WIDTH, PANEL_HEIGHT);
  readonly heard: string[] = [];
  private readonly screens = new Set<PanelScreen>();
  private readonly clicks: PanelButton[] = [];
  private plant: WaterPlant;
  /** The jog button started the pump. */
  private jogging = false;
  pressed: PanelButton | undefined;

  constructor(plant: WaterPlant) {
    this.plant = plant;
    drawPanel(this.canvas, plant, undefined);
  }

  command(plant: WaterPlant): WaterPlant {
    const asked = this.clicks.splice(0).reduce(clicked, plant);
    const jogs = this.pressed === "jog";
    if (jogs === this.jogging) return asked;
    this.jogging = jogs;
    return { ...asked, switches: { ...asked.switches, p101Run: jogs } };
  }

  show(plant: WaterPlant): void {
    this.plant = plant;
    this.draw();
  }

  serve(socket: Socket): void {
    const screen = new PanelScreen(this.canvas, {
      send: (bytes) => void socket.write(bytes),
      pointer: (mask, x, y) => this.pointer(mask, x, y),
      key: (keysym, down) => this.hear(`key ${keysym.toString(16)} ${down ? "down" : "up"}`),
      broken: () => void socket.destroy(),
    });
    const greeting = new Greeting(socket, (rest) => {
      this.screens.add(screen);
      this.draw();
      screen.received(rest);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.screens.delete(screen));
    socket.on("data", (bytes) => {
      if (greeting.over) screen.received(bytes);
      else greeting.received(bytes);
    });
    socket.write("RFB 003.008\n");
  }

  private pointer(mask: number, x: number, y: number): void {
    const down = (mask & 1) !== 0;
    const before = this.pressed;
    if (down && before === undefined) {
      this.pressed = buttonAt(x, y);
      if (this.pressed) {
        this.hear(`${this.pressed} down`);
        if (this.pressed !== "jog") this.clicks.push(this.pressed);
      }
    } else if (!down && before !== undefined) {
      this.pressed = undefined;
      this.hear(`${before} up`);
    }
    if (before !== this.pressed) this.draw();
  }

  private draw(): void {
    if (this.screens.size === 0) return;
    drawPanel(this.canvas, this.plant, this.pressed);
    for (const screen of this.screens) screen.update();
  }

  private hear(what: string): void {
    if (this.heard.length < HEARD_MAX) this.heard.push(what);
  }
}

/** RFC 6143, 7.1: version, then a password. */
class Greeting {
  private readonly socket: Socket;
  private readonly begin: (rest: Buffer) => void;
  private readonly challenge = randomBytes(16);
  private stage: "version" | "security" | "answer" = "version";
  private waiting = Buffer.alloc(0);
  over = false;

  constructor(socket: Socket, begin: (rest: Buffer) => void) {
    this.socket = socket;
    this.begin = begin;
  }

  received(bytes: Buffer): void {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    while (!this.over && this.step());
  }

  private step(): boolean {
    const taken = this.take({ version: 12, security: 1, answer: 16 }[this.stage]);
    if (!taken) return false;
    if (this.stage === "answer") this.judge(taken);
    else if (this.stage === "version") {
      this.stage = "security";
      this.socket.write(Buffer.from([1, 2]));
    } else {
      this.stage = "answer";
      this.socket.write(this.challenge);
    }
    return true;
  }

  private judge(answer: Buffer) {
    this.over = true;
    if (!timingSafeEqual(answer, expected(this.challenge))) return refuse(this.socket);
    this.socket.write(Buffer.alloc(4));
    this.begin(this.waiting);
  }

  private take(length: number): Buffer | undefined {
    if (this.waiting.length < length) return undefined;
    const taken = this.waiting.subarray(0, length);
    this.waiting = this.waiting.subarray(length);
    return taken;
  }
}

function clicked(plant: WaterPlant, button: PanelButton): WaterPlant {
  const { switches, setpoints } = plant;
  const speed = (change: number): WaterPlant => {
    const p101Speed = Math.min(SPEED_MAX_HZ, Math.max(SPEED_MIN_HZ, setpoints.p101Speed + change));
    return { ...plant, setpoints: { ...setpoints, p101Speed } };
  };
  switch (button) {
    case "start":
      return { ...plant, switches: { ...switches, p101Run: true } };
    case "stop":
      return { ...plant, switches: { ...switches, p101Run: false } };
    case "acknowledge":
      return { ...plant, switches: { ...switches, acknowledge: true } };
    case "slower":
      return speed(-STEP_HZ);
    case "faster":
      return speed(STEP_HZ);
    case "jog":
      return plant;
  }
}

/** RFC 6143, 7.2.2: DES under the password with the bits of each byte turned around. */
function expected(challenge: Buffer): Buffer {
  const key = Buffer.alloc(8);
  Buffer.from(PANEL_PASSWORD, "latin1").copy(key);
  for (const [at, byte] of key.entries()) {
    key[at] = Number.parseInt([...byte.toString(2).padStart(8, "0")].reverse().join(""), 2);
  }
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function refuse(socket: Socket): void {
  const reason = Buffer.from("wrong password");
  const length = Buffer.alloc(8);
  length.writeUInt32BE(1, 0);
  length.writeUInt32BE(reason.length, 4);
  socket.end(Buffer.concat([length, reason]));
}
