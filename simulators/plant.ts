/** The simulated works as one thing: the process, its PLCs, and a clock that drives them. */
import { type Fault, openFaultyListener } from "./assets/faults.ts";
import { type ModbusPlc, startModbusPlc } from "./assets/modbus-plc.ts";
import { type OpcuaServer, startOpcuaServer } from "./assets/opcua-server.ts";
import { DISTRIBUTION, TREATMENT } from "./assets/register-map.ts";
import { type SshSwitch, startSshSwitch } from "./assets/ssh-switch.ts";
import { startVncPanel, type VncPanel } from "./assets/vnc-panel.ts";
import { startWebPanel, type WebPanel } from "./assets/web-panel.ts";
import { advance, startingPlant, type WaterPlant } from "./process/water-plant.ts";

export type PlcName = "treatment" | "distribution";
/** Everything that listens. */
export type AssetName = PlcName | "switch" | "opcua" | "panel" | "web" | "wire";

export interface SimulatedPlant {
  readonly ports: Readonly<Record<AssetName, number>>;
  /** The managed switch, for assertions. */
  readonly switch: SshSwitch;
  /** The works as an OPC UA server; it begins with its first client. */
  readonly opcua: OpcuaServer;
  /** The operator panel of the treatment plant. */
  readonly panel: VncPanel;
  /** The web panel of the treatment plant. */
  readonly web: WebPanel;
  /** The process as it is now, for assertions. */
  readonly process: WaterPlant;
  /** Lets simulated seconds pass at once: commands are taken up, values shown. */
  run(seconds: number): void;
  fault(plc: PlcName, fault: Fault): void;
  /** Turns the key for remote access in the control room's desk. */
  turnKey(on: boolean): void;
  close(): Promise<void>;
}

export interface PlantOptions {
  /** 0 picks free ports. */
  readonly ports?: Readonly<Record<PlcName, number> & Partial<Record<AssetName, number>>>;
  readonly seed?: number;
  /** Simulated seconds per real second; 0 stands still until `run` is called. */
  readonly speed?: number;
}

export const DEFAULT_PORTS: Readonly<Record<AssetName, number>> = {
  treatment: 15_020,
  distribution: 15_021,
  switch: 15_022,
  opcua: 15_023,
  panel: 15_024,
  web: 15_025,
  wire: 15_026,
};
const TICK_MS = 100;
const SEED = 20_260_105;

/** Rejects with the system's error (`EADDRINUSE`) where a port is taken; nothing stays open then. */
export async function startSimulatedPlant(options: PlantOptions = {}): Promise<SimulatedPlant> {
  const { ports = DEFAULT_PORTS, seed = SEED, speed = 1 } = options;
  let plant = startingPlant(seed);
  const open: { close(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(open.map((each) => each.close()));
  };
  const start = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting.catch(async (error: unknown) => {
      await closeAll();
      throw error;
    });
    open.push(started);
    return started;
  };
  const treatment = await start(startModbusPlc(TREATMENT, ports.treatment, plant));
  const distribution = await start(startModbusPlc(DISTRIBUTION, ports.distribution, plant));
  const sshSwitch = await start(startSshSwitch(ports.switch ?? 0));
  const opcua = await start(startOpcuaServer({ port: ports.opcua ?? 0 }, plant));
  const panel = await start(startVncPanel(ports.panel ?? 0, plant));
  const web = await start(startWebPanel(ports.web ?? 0, plant));
  // The panel passes Modbus on to the PLC that it works, as panels do.
  const wire = await start(openFaultyListener(ports.wire ?? 0, treatment.port));
  const plcs: Record<PlcName, ModbusPlc> = { treatment, distribution };
  const shared = new SharedSetpoints(plcs);
  const run = (seconds: number): void => {
    plant = advance(web.command(panel.command(opcua.command(shared.command(plant)))), seconds);
    shared.show(plant);
    opcua.show(plant);
    panel.show(plant);
    web.show(plant);
  };
  const timer = speed > 0 ? setInterval(() => run((speed * TICK_MS) / 1000), TICK_MS) : undefined;
  return {
    ports: {
      treatment: treatment.port,
      distribution: distribution.port,
      switch: sshSwitch.port,
      opcua: opcua.port,
      panel: panel.port,
      web: web.port,
      wire: wire.port,
    },
    switch: sshSwitch,
    opcua,
    panel,
    web,
    get process() {
      return plant;
    },
    run,
    fault: (plc, fault) => plcs[plc].faults.set(fault),
    turnKey: (on) => {
      plant = { ...plant, remoteAccess: on };
      shared.show(plant);
      opcua.show(plant);
    },
    close: async () => {
      clearInterval(timer);
      await closeAll();
    },
  };
}

/**
 * Both PLCs hold the distribution's setpoints. Whichever was written last counts, and the other
 * one follows.
 */
class SharedSetpoints {
  private readonly plcs: Record<PlcName, ModbusPlc>;

  constructor(plcs: Record<PlcName, ModbusPlc>) {
    this.plcs = plcs;
  }

  command(plant: WaterPlant): WaterPlant {
    const byTreatment = this.plcs.treatment.command(plant);
    const byDistribution = this.plcs.distribution.command(plant);
    const changed = <T extends object>(before: T, own: T, other: T): T => {
      const merged = { ...own };
      for (const name of Object.keys(before) as (keyof T)[]) {
        if (other[name] !== before[name]) merged[name] = other[name];
      }
      return merged;
    };
    return {
      ...plant,
      setpoints: changed(plant.setpoints, byTreatment.setpoints, byDistribution.setpoints),
      switches: changed(plant.switches, byTreatment.switches, byDistribution.switches),
    };
  }

  show(plant: WaterPlant): void {
    this.plcs.treatment.show(plant);
    this.plcs.distribution.show(plant);
  }
}
