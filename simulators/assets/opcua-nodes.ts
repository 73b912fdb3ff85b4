/** The plant's objects in the address space of an OPC UA server. */
import {
  coerceLocalizedText,
  DataType,
  type IAddressSpace,
  makeEUInformation,
  type Namespace,
  StatusCodes,
  type UAObject,
  type UAVariable,
  Variant,
} from "node-opcua";
import type { Setpoints, Switches, WaterPlant } from "../process/water-plant.ts";
import {
  ALARMS,
  type AlarmPoint,
  MEASURED,
  type MeasuredPoint,
  OBJECTS,
  type Point,
  SETPOINTS,
  SWITCHES,
} from "./opcua-points.ts";

/** What clients of the server asked of the process. */
export interface Wishes {
  readonly setpoints?: Partial<Setpoints>;
  readonly switches?: Partial<Switches>;
}

/** Samples of each variable that has a history: some hours, then the oldest go. */
const HISTORY_MAX = 5_000;

export class PlantNodes {
  private readonly space: IAddressSpace;
  private readonly own: Namespace;
  private readonly wish: (wishes: Wishes) => void;
  private readonly objects = new Map<string, UAObject>();
  private readonly variables = new Map<string, UAVariable>();
  private shown: WaterPlant;
  private showing = false;

  /** @param own the namespace of the plant */
  constructor(
    space: IAddressSpace,
    own: Namespace,
    plant: WaterPlant,
    wish: (wishes: Wishes) => void,
  ) {
    this.space = space;
    this.own = own;
    this.wish = wish;
    this.shown = plant;
    this.addObjects();
    for (const point of MEASURED) this.addMeasured(point);
    for (const point of SETPOINTS) {
      this.addAnalog(point, (value) => wish({ setpoints: { [point.to]: value } }));
    }
    this.addSwitches();
    for (const point of ALARMS) this.addFlag(point.name, point.description);
    this.addMethods();
    this.show(plant);
  }

  show(plant: WaterPlant): void {
    this.showing = true;
    for (const { name, from } of MEASURED) this.number(name, plant.measured[from]);
    for (const { name, to } of SETPOINTS) this.number(name, plant.setpoints[to]);
    for (const { name, to } of SWITCHES) this.flag(name, plant.switches[to]);
    for (const point of ALARMS) {
      this.flag(point.name, plant.alarms[point.from]);
      if (plant.alarms[point.from] !== this.shown.alarms[point.from]) this.tell(point, plant);
    }
    this.number("Plant.BatchCounter", plant.batches, DataType.UInt32);
    this.flag("Plant.RemoteAccess", plant.remoteAccess);
    this.shown = plant;
    this.showing = false;
  }

  /** A value that a client writes is a wish; one that the process shows is not. */
  private onWritten(variable: UAVariable, wish: (value: unknown) => void): void {
    variable.on("value_changed", ({ value }: { readonly value: Variant }) => {
      if (!this.showing) wish(value.value);
    });
  }

  private addObjects(): void {
    const works = this.own.addObject({
      browseName: "Waterworks",
      nodeId: "s=Waterworks",
      organizedBy: this.space.rootFolder.objects,
      eventSourceOf: this.space.rootFolder.objects.server,
    });
    for (const [name, description] of Object.entries(OBJECTS)) {
      const object = this.own.addObject({
        browseName: name,
        nodeId: `s=${name}`,
        description,
        componentOf: works,
        eventSourceOf: works,
      });
      this.objects.set(name, object);
    }
  }

  private addMeasured(point: MeasuredPoint): void {
    const variable = this.addAnalog(point);
    if (!point.history) return;
    this.space.installHistoricalDataNode(variable, { maxOnlineValues: HISTORY_MAX });
  }

  /** @param written absent where it cannot be written */
  private addAnalog(point: Point, written?: (value: number) => void): UAVariable {
    const { name, description, unit, low, high } = point;
    const access = written ? "CurrentRead | CurrentWrite" : "CurrentRead";
    const variable = this.own.addAnalogDataItem({
      ...{ browseName: leaf(name), nodeId: `s=${name}`, description },
      componentOf: this.objectOf(name),
      dataType: DataType.Double,
      engineeringUnitsRange: { low, high },
      engineeringUnits: makeEUInformation(unit, unit, unit),
      accessLevel: "history" in point ? `${access} | HistoryRead` : access,
      userAccessLevel: "history" in point ? `${access} | HistoryRead` : access,
      minimumSamplingInterval: 100,
    }) as unknown as UAVariable;
    this.variables.set(name, variable);
    if (written) this.onWritten(variable, (value) => written(Number(value)));
    return variable;
  }

  private addSwitches(): void {
    for (const { name, description, to, off, on } of SWITCHES) {
      const variable = this.own.addTwoStateDiscrete({
        ...{ browseName: leaf(name), nodeId: `s=${name}`, description },
        componentOf: this.objectOf(name),
        ...{ falseState: off, trueState: on },
        value: new Variant({ dataType: DataType.Boolean, value: false }),
        accessLevel: "CurrentRead | CurrentWrite",
        userAccessLevel: "CurrentRead | CurrentWrite",
      } as Parameters<Namespace["addTwoStateDiscrete"]>[0]) as unknown as UAVariable;
      this.variables.set(name, variable);
      this.onWritten(variable, (value) => this.wish({ switches: { [to]: value === true } }));
    }
    this.addFlag("Plant.RemoteAccess", "Key switch for remote access in the control room.");
    const batches = this.own.addVariable({
      ...{ browseName: "BatchCounter", nodeId: "s=Plant.BatchCounter" },
      description: "Batches of treated water since the works began.",
      componentOf: this.objectOf("Plant.BatchCounter"),
      dataType: DataType.UInt32,
      accessLevel: "CurrentRead",
      userAccessLevel: "CurrentRead",
    });
    this.variables.set("Plant.BatchCounter", batches);
  }

  private addFlag(name: string, description: string): void {
    const variable = this.own.addVariable({
      ...{ browseName: leaf(name), nodeId: `s=${name}`, description },
      componentOf: this.objectOf(name),
      dataType: DataType.Boolean,
      accessLevel: "CurrentRead",
      userAccessLevel: "CurrentRead",
    });
    this.variables.set(name, variable);
  }

  private addMethods(): void {
    for (const [pump, to] of [
      ["P101", "p101Run"],
      ["P301", "p301Run"],
    ] as const) {
      this.addMethod(pump, "Start", `Starts ${pump}.`, { switches: { [to]: true } });
      this.addMethod(pump, "Stop", `Stops ${pump}.`, { switches: { [to]: false } });
    }
    const acknowledge = { switches: { acknowledge: true } };
    this.addMethod(
      "Plant",
      "AcknowledgeAlarms",
      "Acknowledges all alarms, resets drives.",
      acknowledge,
    );
    this.addBackwash();
  }

  private addMethod(object: string, name: string, description: string, wishes: Wishes): void {
    const method = this.own.addMethod(this.objectOf(`${object}.`), {
      ...{ browseName: name, nodeId: `s=${object}.${name}`, description },
    });
    method.bindMethod((_inputs, _context, done) => {
      this.wish(wishes);
      done(null, { statusCode: StatusCodes.Good, outputArguments: [] });
    });
  }

  /** With an argument, for those who bound arguments. */
  private addBackwash(): void {
    const method = this.own.addMethod(this.objectOf("F201."), {
      ...{ browseName: "StartBackwash", nodeId: "s=F201.StartBackwash" },
      description: "Starts a backwash, and says how long it is until the next one.",
      inputArguments: [
        {
          name: "Interval",
          description: coerceLocalizedText("Seconds until the next backwash."),
          dataType: DataType.UInt32,
        },
      ],
    });
    method.bindMethod((inputs, _context, done) => {
      const interval = Number(inputs[0]?.value);
      const isRight = interval >= BACKWASH_MIN && interval <= BACKWASH_MAX;
      if (isRight) {
        this.wish({ setpoints: { backwashInterval: interval }, switches: { backwash: true } });
      }
      const statusCode = isRight ? StatusCodes.Good : StatusCodes.BadOutOfRange;
      done(null, { statusCode, outputArguments: [] });
    });
  }

  private tell({ name, description, from, severity }: AlarmPoint, plant: WaterPlant): void {
    const isActive = plant.alarms[from];
    const text = (value: string) =>
      new Variant({ dataType: DataType.LocalizedText, value: coerceLocalizedText(value) });
    this.objectOf(name).raiseEvent("SystemEventType", {
      message: text(isActive ? description : `Over: ${description}`),
      severity: new Variant({ dataType: DataType.UInt16, value: isActive ? severity : 1 }),
      sourceName: new Variant({ dataType: DataType.String, value: name }),
    });
  }

  private number(name: string, value: number, dataType = DataType.Double): void {
    this.variables.get(name)?.setValueFromSource({ dataType, value });
  }

  private flag(name: string, value: boolean): void {
    this.variables.get(name)?.setValueFromSource({ dataType: DataType.Boolean, value });
  }

  private objectOf(name: string): UAObject {
    const object = this.objects.get(name.split(".")[0] ?? "");
    if (!object) throw new Error(`${name} is of no object`);
    return object;
  }
}

const BACKWASH_MIN = 60;
const BACKWASH_MAX = 172_800;

function leaf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
