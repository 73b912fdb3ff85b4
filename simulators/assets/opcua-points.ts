/** Which node of the OPC UA server means what in the process. */
import type { Alarms, Measured, Setpoints, Switches } from "../process/water-plant.ts";

export interface Unit {
  readonly unit: string;
  readonly low: number;
  readonly high: number;
}

export interface Point extends Unit {
  /** `OBJECT.Variable`; also the text of its node id. */
  readonly name: string;
  readonly description: string;
}

export interface MeasuredPoint extends Point {
  readonly from: keyof Measured;
  /** Its values are kept for HistoryRead. */
  readonly history?: true;
}

export interface SetpointPoint extends Point {
  readonly to: keyof Setpoints;
}

export interface SwitchPoint {
  readonly name: string;
  readonly description: string;
  readonly to: keyof Switches;
  readonly off: string;
  readonly on: string;
}

export interface AlarmPoint {
  readonly name: string;
  readonly description: string;
  readonly from: keyof Alarms;
  /** 1–1000, as OPC UA counts it. */
  readonly severity: number;
}

/** Of the objects of the plant, not of the server application. */
export const PLANT_NAMESPACE = "urn:nordwasser:water-plant";

export const OBJECTS: Readonly<Record<string, string>> = {
  P101: "Raw water pump",
  T101: "Raw tank",
  F201: "Sand filter",
  D201: "Dosing of chlorine",
  T301: "Clear well",
  P301: "Distribution pump",
  Plant: "The works as a whole",
};

const point = (
  name: string,
  unit: string,
  low: number,
  high: number,
  description: string,
): Point => ({ name, unit, low, high, description });

export const MEASURED: readonly MeasuredPoint[] = [
  { from: "t101Level", history: true, ...point("T101.Level", "m", 0, 5, "Level of the raw tank.") },
  { from: "inflow", ...point("T101.Inflow", "m³/h", 0, 120, "Flow into the raw tank.") },
  { from: "p101Speed", ...point("P101.Speed", "Hz", 0, 60, "Actual speed of the raw water pump.") },
  { from: "p101Current", ...point("P101.Current", "A", 0, 30, "Motor current of the pump.") },
  {
    from: "filterPressure",
    ...point("F201.DifferentialPressure", "bar", 0, 2, "Pressure lost over the sand filter."),
  },
  { from: "filterFlow", ...point("F201.Flow", "m³/h", 0, 120, "Flow through the sand filter.") },
  { from: "turbidity", ...point("F201.Turbidity", "NTU", 0, 5, "Turbidity behind the filter.") },
  { from: "doseFlow", ...point("D201.Flow", "l/h", 0, 10, "Flow of the dosing pump.") },
  { from: "t301Level", ...point("T301.Level", "m", 0, 4.5, "Level of the clear well.") },
  {
    from: "chlorine",
    history: true,
    ...point("T301.Chlorine", "mg/l", 0, 5, "Free chlorine in the clear well."),
  },
  {
    from: "temperature",
    ...point("T301.Temperature", "°C", 0, 40, "Temperature of the water in the clear well."),
  },
  { from: "p301Speed", ...point("P301.Speed", "Hz", 0, 60, "Actual speed of the pump.") },
  { from: "pressure", ...point("P301.Pressure", "bar", 0, 10, "Pressure in the network.") },
  { from: "demand", ...point("P301.Flow", "m³/h", 0, 120, "Water that the network takes.") },
];

export const SETPOINTS: readonly SetpointPoint[] = [
  {
    to: "p101Speed",
    ...point("P101.SpeedSetpoint", "Hz", 0, 60, "Wanted speed of the raw water pump."),
  },
  {
    to: "t101High",
    ...point("T101.LevelHighLimit", "m", 0, 5, "Level above which the raw tank is too full."),
  },
  { to: "dose", ...point("D201.DoseSetpoint", "mg/l", 0, 5, "Wanted dose of chlorine.") },
  {
    to: "backwashInterval",
    ...point("F201.BackwashInterval", "s", 60, 172_800, "Time between two backwashes."),
  },
  {
    to: "p301Pressure",
    ...point("P301.PressureSetpoint", "bar", 0, 10, "Pressure that the pump keeps."),
  },
  {
    to: "t301Low",
    ...point("T301.LevelLowLimit", "m", 0, 4.5, "Level below which the clear well is too empty."),
  },
];

export const SWITCHES: readonly SwitchPoint[] = [
  ...(["P101", "P301"] as const).map(
    (pump): SwitchPoint => ({
      name: `${pump}.Run`,
      description: `Starts and stops ${OBJECTS[pump]?.toLowerCase()}.`,
      to: pump === "P101" ? "p101Run" : "p301Run",
      ...{ off: "stopped", on: "running" },
    }),
  ),
  {
    name: "D201.Enable",
    description: "Allows the dosing pump to run.",
    to: "dosingEnable",
    ...{ off: "blocked", on: "enabled" },
  },
  {
    name: "F201.Backwash",
    description: "Starts a backwash of the sand filter.",
    to: "backwash",
    ...{ off: "filtering", on: "backwashing" },
  },
];

const alarm = (
  name: string,
  from: keyof Alarms,
  severity: number,
  description: string,
): AlarmPoint => ({ name, from, severity, description });

export const ALARMS: readonly AlarmPoint[] = [
  alarm("T101.LevelHigh", "t101High", 600, "The raw tank is too full."),
  alarm("T101.LevelLow", "t101Low", 600, "The raw tank is nearly empty."),
  alarm("F201.Clogged", "filterClogged", 400, "The sand filter needs a backwash."),
  alarm("T301.LevelLow", "t301Low", 800, "The clear well is nearly empty."),
  alarm("D201.Interlock", "dosingBlocked", 400, "Dosing is blocked because no water flows."),
  alarm("P101.Tripped", "p101Tripped", 900, "The drive of the raw water pump has tripped."),
  alarm("P301.Tripped", "p301Tripped", 900, "The drive of the distribution pump has tripped."),
];
