/**
 * A small waterworks as physics: raw water pump P101 fills tank T101, filter F201 cleans what
 * flows out of it, D201 doses chlorine, clear well T301 stores, pump P301 feeds the town.
 *
 * Pure: the same state and seconds give the same next state. Noise comes from a generator whose
 * state is part of the plant's. Levels in m, flows in m³/h, pressures in bar, speeds in Hz.
 */
import { gaussian } from "./noise.ts";

export interface Setpoints {
  /** Hz. Above `PUMP_TRIP_HZ` the drive trips: the bounds of a profile keep people away from it. */
  readonly p101Speed: number;
  /** 0 local (the plant's own level control), 1 remote (the setpoint holds). */
  readonly p101Mode: number;
  readonly t101High: number;
  /** mg/l of chlorine */
  readonly dose: number;
  /** s between backwashes */
  readonly backwashInterval: number;
  /** bar */
  readonly p301Pressure: number;
  readonly t301Low: number;
}

export interface Switches {
  readonly p101Run: boolean;
  readonly dosingEnable: boolean;
  readonly backwash: boolean;
  readonly p301Run: boolean;
  readonly acknowledge: boolean;
  /** Key switch of the plant: remote changes are welcome. */
  readonly remote: boolean;
}

export interface Measured {
  readonly t101Level: number;
  readonly inflow: number;
  readonly p101Speed: number;
  readonly p101Current: number;
  readonly filterPressure: number;
  readonly filterFlow: number;
  readonly turbidity: number;
  readonly doseFlow: number;
  readonly t301Level: number;
  readonly chlorine: number;
  readonly p301Speed: number;
  readonly pressure: number;
  readonly demand: number;
  readonly temperature: number;
}

export interface Alarms {
  readonly t101High: boolean;
  readonly t101Low: boolean;
  readonly filterClogged: boolean;
  readonly t301Low: boolean;
  /** Dosing is blocked while nothing flows through the filter. */
  readonly dosingBlocked: boolean;
  readonly p101Tripped: boolean;
  readonly p301Tripped: boolean;
}

export interface WaterPlant {
  readonly seconds: number;
  /** The key in the control room's desk that opens remote access; no register turns it. */
  readonly remoteAccess: boolean;
  readonly setpoints: Setpoints;
  readonly switches: Switches;
  readonly measured: Measured;
  readonly alarms: Alarms;
  readonly sinceBackwash: number;
  readonly batches: number;
  /** State of the noise generator. */
  readonly noise: number;
}

const PUMP_TRIP_HZ = 52;
const T101_AREA = 14;
const T101_TOP = 5;
const T301_AREA = 42;
const T301_TOP = 4.5;
const FILTER_FLOW_MIN = 5;
const FILTER_CLEAN_BAR = 0.18;
const FILTER_CLOGGED_BAR = 0.9;
const BACKWASH_SECONDS = 180;
const SECONDS_PER_HOUR = 3600;
/** The works counts a batch of treated water every five minutes. */
const BATCH_SECONDS = 300;
const FIRST_BATCH = 1_204;
/** Longest time one `advance` integrates at once, so that a long step stays stable. */
const STEP_SECONDS_MAX = 0.5;

export function startingPlant(seed: number): WaterPlant {
  return {
    seconds: 0,
    remoteAccess: true,
    setpoints: {
      p101Speed: 35,
      p101Mode: 1,
      t101High: 4.5,
      dose: 1.2,
      backwashInterval: 28_800,
      p301Pressure: 4.2,
      t301Low: 0.8,
    },
    switches: {
      p101Run: true,
      dosingEnable: true,
      backwash: false,
      p301Run: true,
      acknowledge: false,
      remote: true,
    },
    measured: {
      t101Level: 2.6,
      inflow: 60,
      p101Speed: 35,
      p101Current: 8.1,
      filterPressure: 0.31,
      filterFlow: 58,
      turbidity: 0.22,
      doseFlow: 0.7,
      t301Level: 2.9,
      chlorine: 0.62,
      p301Speed: 38,
      pressure: 4.2,
      demand: 57,
      temperature: 11.4,
    },
    alarms: {
      t101High: false,
      t101Low: false,
      filterClogged: false,
      t301Low: false,
      dosingBlocked: false,
      p101Tripped: false,
      p301Tripped: false,
    },
    sinceBackwash: 5_400,
    batches: FIRST_BATCH,
    noise: seed >>> 0,
  };
}

/** The plant after some seconds; long times are integrated in small steps. */
export function advance(plant: WaterPlant, seconds: number): WaterPlant {
  let next = plant;
  for (let left = seconds; left > 1e-9; left -= STEP_SECONDS_MAX) {
    next = step(next, Math.min(left, STEP_SECONDS_MAX));
  }
  return next;
}

function step(plant: WaterPlant, seconds: number): WaterPlant {
  const [jitter, noise] = gaussian(plant.noise);
  const raw = rawWater(plant, seconds, jitter);
  const filter = filterLine(plant, seconds, jitter);
  const town = distribution(plant, seconds, jitter);
  const t101Level = clamp(
    plant.measured.t101Level + volume(raw.inflow - filter.filterFlow, seconds) / T101_AREA,
    0,
    T101_TOP,
  );
  const t301Level = clamp(
    plant.measured.t301Level + volume(filter.filterFlow - town.demand, seconds) / T301_AREA,
    0,
    T301_TOP,
  );
  const measured: Measured = {
    ...raw,
    ...filter,
    ...town,
    t101Level,
    t301Level,
    chlorine: chlorine(plant, filter.doseFlow, filter.filterFlow, seconds),
    temperature: 11.4 + 0.8 * Math.sin(plant.seconds / 40_000) + jitter * 0.01,
  };
  return {
    ...plant,
    seconds: plant.seconds + seconds,
    measured,
    alarms: alarmsOf(plant, measured),
    switches: settledSwitches(plant),
    sinceBackwash: plant.switches.backwash ? 0 : plant.sinceBackwash + seconds,
    batches: FIRST_BATCH + Math.floor(plant.seconds / BATCH_SECONDS),
    noise,
  };
}

/** The pump follows its setpoint; in local mode the plant keeps the tank's level itself. */
function rawWater(
  { setpoints, switches, measured, alarms }: WaterPlant,
  seconds: number,
  jitter: number,
) {
  const wanted =
    setpoints.p101Mode === 1
      ? setpoints.p101Speed
      : clamp(35 + (2.8 - measured.t101Level) * 12, 20, 48);
  const running = switches.p101Run && !alarms.p101Tripped && !alarms.t101High;
  const speed = approach(measured.p101Speed, running ? wanted : 0, seconds, 4);
  return {
    p101Speed: speed,
    inflow: Math.max(0, speed * 1.72 + jitter * 0.15),
    p101Current: speed < 1 ? 0 : 1.2 + (speed / 50) ** 3 * 20,
  };
}

function filterLine(plant: WaterPlant, seconds: number, jitter: number) {
  const { measured, switches, setpoints, alarms } = plant;
  const due = plant.sinceBackwash / Math.max(60, setpoints.backwashInterval);
  const wanted = FILTER_CLEAN_BAR + Math.min(1.2, due) * 0.55;
  const filterPressure = approach(
    measured.filterPressure,
    switches.backwash ? FILTER_CLEAN_BAR : wanted,
    seconds,
    switches.backwash ? 25 : 120,
  );
  const open = switches.backwash ? 0 : clamp(measured.t101Level / 2.6, 0, 1.35);
  const filterFlow = approach(
    measured.filterFlow,
    open * 62 * (1.1 - filterPressure / 4),
    seconds,
    8,
  );
  const dosing = switches.dosingEnable && !alarms.dosingBlocked;
  return {
    filterPressure,
    filterFlow,
    turbidity: Math.max(0.05, 0.12 + filterPressure * 0.3 + jitter * 0.01),
    doseFlow: approach(
      measured.doseFlow,
      dosing ? setpoints.dose * filterFlow * 0.01 : 0,
      seconds,
      3,
    ),
  };
}

/** The pressure control of the town's pump; demand swings through the day. */
function distribution(
  { setpoints, switches, measured, alarms, seconds: now }: WaterPlant,
  seconds: number,
  jitter: number,
) {
  const running = switches.p301Run && !alarms.p301Tripped;
  const day = Math.sin((now / (24 * SECONDS_PER_HOUR)) * 2 * Math.PI);
  const wanted = running
    ? clamp(measured.p301Speed + (setpoints.p301Pressure - measured.pressure) * 1.5, 0, 50)
    : 0;
  const p301Speed = approach(measured.p301Speed, wanted, seconds, 3);
  const supply = p301Speed / 38;
  return {
    p301Speed,
    pressure: Math.max(
      0,
      approach(measured.pressure, 4.2 * supply * supply, seconds, 2) + jitter * 0.004,
    ),
    demand: Math.max(
      0,
      approach(measured.demand, supply * (57 + 12 * day), seconds, 5) + jitter * 0.1,
    ),
  };
}

function chlorine(
  plant: WaterPlant,
  doseFlow: number,
  filterFlow: number,
  seconds: number,
): number {
  const arriving = filterFlow < 1 ? 0 : (doseFlow / filterFlow) * 52;
  const share = volume(filterFlow, seconds) / (T301_AREA * Math.max(0.3, plant.measured.t301Level));
  // Mixing is sped up about 200 times, so that a change of dose shows within a minute.
  return approachBy(plant.measured.chlorine, arriving, Math.min(1, share * 200));
}

function alarmsOf(plant: WaterPlant, measured: Measured): Alarms {
  const { setpoints, switches, alarms } = plant;
  const cleared = switches.acknowledge;
  return {
    t101High: measured.t101Level > setpoints.t101High - (alarms.t101High ? 0.15 : 0),
    t101Low: measured.t101Level < 0.6,
    filterClogged: measured.filterPressure > FILTER_CLOGGED_BAR,
    t301Low: measured.t301Level < setpoints.t301Low,
    dosingBlocked: measured.filterFlow < FILTER_FLOW_MIN,
    p101Tripped: measured.p101Speed > PUMP_TRIP_HZ || (alarms.p101Tripped && !cleared),
    p301Tripped: measured.t301Level < 0.25 || (alarms.p301Tripped && !cleared),
  };
}

/** A backwash ends by itself, and starts by itself when it is due; an acknowledgement is a pulse. */
function settledSwitches({ switches, sinceBackwash, setpoints, measured }: WaterPlant): Switches {
  const done = switches.backwash && measured.filterPressure < FILTER_CLEAN_BAR + 0.005;
  const due = sinceBackwash > Math.max(BACKWASH_SECONDS, setpoints.backwashInterval);
  return { ...switches, backwash: done ? false : switches.backwash || due, acknowledge: false };
}

function volume(flowPerHour: number, seconds: number): number {
  return (flowPerHour * seconds) / SECONDS_PER_HOUR;
}

/** First-order lag with a time constant in seconds. */
function approach(value: number, wanted: number, seconds: number, constant: number): number {
  return approachBy(value, wanted, 1 - Math.exp(-seconds / constant));
}

function approachBy(value: number, wanted: number, share: number): number {
  return value + (wanted - value) * share;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
