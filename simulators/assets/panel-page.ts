/** The page of the operator panel: what it shows of the works, and where its buttons are. */
import type { WaterPlant } from "../process/water-plant.ts";
import type { Box, PanelCanvas } from "./panel-canvas.ts";

export const PANEL_WIDTH = 800;
export const PANEL_HEIGHT = 480;

export type PanelButton = "start" | "stop" | "slower" | "faster" | "jog" | "acknowledge";

/** On the screen, for who clicks and for who tests. */
export const PANEL_BUTTONS: Readonly<Record<PanelButton, Box>> = {
  start: { x: 40, y: 220, width: 130, height: 64 },
  stop: { x: 190, y: 220, width: 130, height: 64 },
  slower: { x: 40, y: 316, width: 64, height: 64 },
  faster: { x: 256, y: 316, width: 64, height: 64 },
  jog: { x: 340, y: 220, width: 130, height: 64 },
  acknowledge: { x: 560, y: 396, width: 200, height: 56 },
};

const COLOUR = {
  ground: 0xd4d7da,
  bar: 0x3b4754,
  light: 0xf3f5f7,
  ink: 0x1f2933,
  quiet: 0x6b7785,
  running: 0x2f6fab,
  button: 0xb9c0c7,
  pressed: 0x8b96a1,
  water: 0x5b9bd5,
  alarm: 0xc62828,
} as const;

const ALARMS = [
  ["p101Tripped", "P101 TRIPPED"],
  ["p301Tripped", "P301 TRIPPED"],
  ["t101High", "T101 LEVEL HIGH"],
  ["t101Low", "T101 LEVEL LOW"],
  ["filterClogged", "FILTER CLOGGED"],
  ["t301Low", "T301 LEVEL LOW"],
  ["dosingBlocked", "DOSING BLOCKED"],
] as const;

const LABELS: Readonly<Record<PanelButton, string>> = {
  start: "START",
  stop: "STOP",
  slower: "-",
  faster: "+",
  jog: "JOG",
  acknowledge: "ACKNOWLEDGE",
};

export function drawPanel(
  canvas: PanelCanvas,
  plant: WaterPlant,
  pressed: PanelButton | undefined,
): void {
  canvas.fill({ x: 0, y: 0, width: PANEL_WIDTH, height: PANEL_HEIGHT }, COLOUR.ground);
  canvas.fill({ x: 0, y: 0, width: PANEL_WIDTH, height: 48 }, COLOUR.bar);
  canvas.text("WATERWORKS NORD - TREATMENT", 20, 17, COLOUR.light);
  canvas.text(clock(plant.seconds), 670, 17, COLOUR.light);
  drawPump(canvas, plant);
  drawTank(canvas, "T101", 540, plant.measured.t101Level, 5);
  drawTank(canvas, "T301", 660, plant.measured.t301Level, 4.5);
  drawAlarms(canvas, plant);
  for (const [name, box] of Object.entries(PANEL_BUTTONS) as [PanelButton, Box][]) {
    drawButton(canvas, box, LABELS[name], name === pressed);
  }
}

/** Which button lies there. */
export function buttonAt(x: number, y: number): PanelButton | undefined {
  const found = Object.entries(PANEL_BUTTONS).find(
    ([, box]) => x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height,
  );
  return found?.[0] as PanelButton | undefined;
}

function drawPump(canvas: PanelCanvas, { measured, switches, setpoints, alarms }: WaterPlant) {
  const runs = switches.p101Run && !alarms.p101Tripped;
  const state = { x: 40, y: 112, width: 280, height: 44 };
  canvas.text("RAW WATER PUMP P101", 40, 74, COLOUR.ink);
  canvas.fill(state, runs ? COLOUR.running : COLOUR.light);
  canvas.frame(state, COLOUR.quiet);
  canvas.centred(
    alarms.p101Tripped ? "TRIPPED" : runs ? "RUNNING" : "STOPPED",
    state,
    runs ? COLOUR.light : COLOUR.ink,
    3,
  );
  canvas.text(`${measured.p101Speed.toFixed(1)} HZ`, 40, 176, COLOUR.ink);
  canvas.text(`${measured.inflow.toFixed(1)} M3/H`, 190, 176, COLOUR.ink);
  canvas.text(`${measured.p101Current.toFixed(2)} A`, 360, 176, COLOUR.ink);
  const value = { x: 112, y: 316, width: 136, height: 64 };
  canvas.fill(value, COLOUR.light);
  canvas.frame(value, COLOUR.quiet);
  canvas.centred(`${setpoints.p101Speed.toFixed(1)} HZ`, value, COLOUR.ink);
  canvas.text("SETPOINT", 340, 341, COLOUR.quiet);
}

function drawTank(canvas: PanelCanvas, name: string, x: number, level: number, top: number): void {
  const tank = { x, y: 112, width: 90, height: 220 };
  const share = Math.max(0, Math.min(1, level / top));
  const height = Math.round((tank.height - 4) * share);
  canvas.text(name, x + 22, 74, COLOUR.ink);
  canvas.fill(tank, COLOUR.light);
  canvas.fill(
    { x: x + 2, y: tank.y + tank.height - 2 - height, width: tank.width - 4, height },
    COLOUR.water,
  );
  canvas.frame(tank, COLOUR.quiet);
  canvas.text(`${level.toFixed(2)} M`, x + 8, 346, COLOUR.ink);
}

function drawAlarms(canvas: PanelCanvas, { alarms }: WaterPlant): void {
  const line = { x: 40, y: 396, width: 500, height: 56 };
  const active = ALARMS.filter(([name]) => alarms[name]).map(([, words]) => words);
  canvas.fill(line, active.length > 0 ? COLOUR.alarm : COLOUR.light);
  canvas.frame(line, COLOUR.quiet);
  const words = active.length > 1 ? `${active[0]} +${active.length - 1}` : active[0];
  canvas.centred(words ?? "NO ALARM", line, active.length > 0 ? COLOUR.light : COLOUR.quiet);
}

function drawButton(canvas: PanelCanvas, box: Box, label: string, pressed: boolean): void {
  canvas.fill(box, pressed ? COLOUR.pressed : COLOUR.button);
  canvas.frame(box, pressed ? COLOUR.ink : COLOUR.quiet);
  canvas.centred(label, box, COLOUR.ink);
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
